// A tour of Go's standard library under WASI. Without arguments it prints a
// greeting; each argument names a stop of the tour, taken in order:
//
//	env       the environment
//	stdin     the lines of standard input
//	files     file work in the folder named by $TOUR_DIR
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
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
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
