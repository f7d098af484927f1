// A tour of Go's standard library under WASI. Without arguments it prints a
// greeting; each argument names a stop of the tour, taken in order:
//
//	env       the environment
//	stdin     the lines of standard input
//	files     file work in the folder named by $TOUR_DIR
//	system    what os, io, fs and time can do there, and their errors
//	time      clocks and sleeping
//	tasks     goroutines, channels, a mutex and select
//	text      formatting, sorting, maps and strings
//	panic     an uncaught panic
//	exit=N    leave with code N
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func showEnv() {
	variables := os.Environ()
	sort.Strings(variables)
	fmt.Printf("env: %q\n", variables)
	_, found := os.LookupEnv("NO_SUCH_VARIABLE")
	fmt.Println("env: NO_SUCH_VARIABLE is set:", found)
}

func showStdin() {
	scanner := bufio.NewScanner(os.Stdin)
	for number := 1; scanner.Scan(); number++ {
		fmt.Printf("stdin: %d: %q\n", number, scanner.Text())
	}
	fmt.Println("stdin: error:", scanner.Err())
}

func list(folder string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "cannot list"
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func must(err error) {
	if err != nil {
		fmt.Println("files: trouble:", err)
		os.Exit(1)
	}
}

func showFiles() {
	root := os.Getenv("TOUR_DIR")
	note := filepath.Join(root, "note.txt")
	must(os.WriteFile(note, []byte("one\ntwo\n"), 0o644))
	file, err := os.OpenFile(note, os.O_APPEND|os.O_WRONLY, 0)
	must(err)
	_, err = file.WriteString("three\n")
	must(err)
	must(file.Close())
	content, err := os.ReadFile(note)
	must(err)
	fmt.Printf("files: read %q\n", content)
	info, err := os.Stat(note)
	must(err)
	fmt.Println("files: size", info.Size(), "folder", info.IsDir())

	must(os.MkdirAll(filepath.Join(root, "a/b"), 0o755))
	must(os.Rename(note, filepath.Join(root, "a/moved.txt")))
	fmt.Println("files: root:", list(root))
	fmt.Println("files: a:", list(filepath.Join(root, "a")))

	_, err = os.ReadFile(note)
	fmt.Println("files: missing:", errors.Is(err, fs.ErrNotExist))
	err = os.Mkdir(filepath.Join(root, "a"), 0o755)
	fmt.Println("files: exists:", errors.Is(err, fs.ErrExist))
	_, err = os.ReadFile(filepath.Join(root, "..", "outside.txt"))
	fmt.Println("files: outside is refused:", err != nil)

	must(os.Truncate(filepath.Join(root, "a/moved.txt"), 5))
	content, err = os.ReadFile(filepath.Join(root, "a/moved.txt"))
	must(err)
	fmt.Printf("files: shortened %q\n", content)
	must(os.Remove(filepath.Join(root, "a/moved.txt")))
	must(os.RemoveAll(filepath.Join(root, "a")))
	fmt.Println("files: at the end:", list(root))
}

// Says what an operation gave, or which error of the system.
func told(what string, err error, values ...any) {
	var number syscall.Errno
	switch {
	case err == nil:
		fmt.Println(append([]any{"system:", what + ":"}, values...)...)
	case errors.As(err, &number):
		fmt.Println("system:", what+":", number.Error())
	default:
		fmt.Println("system:", what+":", err)
	}
}

func showSystem() {
	root := os.Getenv("TOUR_DIR")
	at := func(name string) string { return filepath.Join(root, name) }

	file, err := os.OpenFile(at("file"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	told("create", err)
	n, err := io.WriteString(file, "0123456789")
	told("write", err, n)
	n, err = file.WriteAt([]byte("ab"), 4)
	told("write at 4", err, n)
	place, err := file.Seek(-3, io.SeekCurrent)
	told("seek", err, place)
	rest, err := io.ReadAll(file)
	told("the rest", err, string(rest))
	part := make([]byte, 4)
	n, err = file.ReadAt(part, 3)
	told("read at 3", err, n, string(part))
	n, err = file.ReadAt(part, 8)
	told("read at 8", err, n)
	_, err = file.Seek(-1, io.SeekStart)
	told("seek to -1", err)
	place, err = file.Seek(100, io.SeekEnd)
	told("seek past the end", err, place)
	told("truncate", file.Truncate(6))
	told("sync", file.Sync())
	info, err := file.Stat()
	told("stat", err, info.Name(), info.Size(), info.Mode().IsRegular())
	told("times", os.Chtimes(at("file"), time.Unix(1000000001, 0), time.Unix(1000000002, 500)))
	info, err = os.Stat(at("file"))
	told("modified", err, info.ModTime().UnixNano())
	told("close", file.Close())
	_, err = file.Write(part)
	told("write when closed", err)
	_, err = os.OpenFile(at("file"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	told("create again", err)

	told("folders", os.MkdirAll(at("a/b/c"), 0o755))
	for i := 0; i < 15; i++ {
		must(os.WriteFile(at(fmt.Sprintf("a/b/%02d", i)), []byte(strings.Repeat("x", i)), 0o644))
	}
	told("link", os.Link(at("file"), at("a/linked")))
	told("symlink", os.Symlink("linked", at("a/symbolic")))
	target, err := os.Readlink(at("a/symbolic"))
	told("readlink", err, target)
	info, err = os.Lstat(at("a/symbolic"))
	told("lstat", err, info.Mode().Type() == fs.ModeSymlink)
	same, err := os.Stat(at("a/symbolic"))
	other, _ := os.Stat(at("file"))
	told("the same file", err, os.SameFile(same, other))
	visited, bytes := 0, int64(0)
	err = filepath.WalkDir(at("a"), func(path string, entry fs.DirEntry, err error) error {
		visited++
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return err
	})
	told("walk", err, visited, bytes)
	folder, err := os.Open(at("a/b"))
	told("open a folder", err)
	some, err := folder.Readdirnames(5)
	told("some names", err, len(some))
	more, err := folder.Readdirnames(-1)
	told("more names", err, len(more))
	_, err = folder.Read(part)
	told("read a folder", err)
	must(folder.Close())

	_, err = os.ReadFile(at("missing"))
	told("missing", err)
	_, err = os.ReadFile(at("file/x"))
	told("below a file", err)
	told("remove a full folder", os.Remove(at("a")))
	told("rename", os.Rename(at("a/b"), at("moved")))
	told("rename onto a full folder", os.Rename(at("a"), at("moved")))
	told("rename a file onto a folder", os.Rename(at("file"), at("moved")))
	_, err = os.ReadFile("/elsewhere")
	told("elsewhere", err)
	_, err = os.ReadFile(at("n" + strings.Repeat("n", 300)))
	told("a long name", err)
	temporary, err := os.CreateTemp(root, "temporary-*")
	told("temporary", err)
	must(temporary.Close())
	must(os.Remove(temporary.Name()))

	reader, writer := io.Pipe()
	go func() {
		source, _ := os.Open(at("moved/14"))
		defer source.Close()
		_, err := io.Copy(writer, source)
		writer.CloseWithError(err)
	}()
	copied, err := io.ReadAll(reader)
	told("through a pipe", err, len(copied))

	ticks := 0
	ticker := time.NewTicker(2 * time.Millisecond)
	for range ticker.C {
		if ticks++; ticks == 3 {
			ticker.Stop()
			break
		}
	}
	timer := time.AfterFunc(time.Hour, func() {})
	told("ticks", nil, ticks, timer.Stop())
	told("remove all", errors.Join(os.RemoveAll(at("a")), os.RemoveAll(at("moved")), os.Remove(at("file"))))
	fmt.Println("system: at the end:", list(root))
}

func showTime() {
	start := time.Now()
	time.Sleep(3 * time.Millisecond)
	fmt.Println("time: slept long enough:", time.Since(start) >= 3*time.Millisecond)
	fmt.Println("time: 2020 or later:", start.Year() >= 2020)
	fmt.Println("time: a fixed one:", time.Unix(1000000000, 0).UTC().Format(time.RFC3339))
}

func showTasks() {
	var group sync.WaitGroup
	var lock sync.Mutex
	total := 0
	for i := 1; i <= 10; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			lock.Lock()
			total += n
			lock.Unlock()
		}(i)
	}
	group.Wait()
	fmt.Println("tasks: total", total)

	squares := make(chan int)
	go func() {
		for i := 0; i < 5; i++ {
			squares <- i * i
		}
		close(squares)
	}()
	for square := range squares {
		fmt.Print("tasks: square ", square, "\n")
	}
	select {
	case <-make(chan bool):
		fmt.Println("tasks: impossible")
	case <-time.After(2 * time.Millisecond):
		fmt.Println("tasks: timed out, as it should")
	}
}

func showText() {
	counts := map[string]int{}
	for _, word := range strings.Fields("to be or not to be that is") {
		counts[word]++
	}
	fmt.Println("text:", counts)
	fmt.Printf("text: %5d|%-5s|%08.3f|%x|%v\n", 42, "go", 3.14159, "hex", []float64{0.1, 1e21})
	fmt.Printf("text: %q %d runes\n", strings.ToUpper("größe"), len([]rune("größe")))
}

func main() {
	fmt.Println("Hello from Go!", len(os.Args)-1, "arguments")
	for _, stop := range os.Args[1:] {
		switch {
		case stop == "env":
			showEnv()
		case stop == "stdin":
			showStdin()
		case stop == "files":
			showFiles()
		case stop == "system":
			showSystem()
		case stop == "time":
			showTime()
		case stop == "tasks":
			showTasks()
		case stop == "text":
			showText()
		case stop == "panic":
			panic("as asked")
		case strings.HasPrefix(stop, "exit="):
			code, err := strconv.Atoi(strings.TrimPrefix(stop, "exit="))
			if err != nil {
				fmt.Fprintln(os.Stderr, "not a number:", stop)
				code = 2
			}
			os.Exit(code)
		default:
			fmt.Fprintln(os.Stderr, "no such stop:", stop)
			os.Exit(2)
		}
	}
}
