//! What Rust's std asks of the system: every function of std::fs that works on
//! WASI and the kinds of its errors, std::io, std::env, std::time. The folder to
//! work in is the first argument. Prints nothing that differs from run to run.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn told<T: std::fmt::Debug>(what: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("{what}: {value:?}"),
        Err(error) => println!("{what}: {:?}, {:?}", error.kind(), error.raw_os_error()),
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let size = if kind.is_file() { entry.metadata()?.len() } else { 0 };
        found.push(format!(
            "{} {}{}{} {size}",
            entry.file_name().to_string_lossy(),
            if kind.is_dir() { "d" } else { "" },
            if kind.is_file() { "f" } else { "" },
            if kind.is_symlink() { "l" } else { "" },
        ));
    }
    found.sort();
    Ok(found)
}

fn files(root: &Path) -> io::Result<()> {
    let path = root.join("file");
    told("write", fs::write(&path, b"0123456789"));
    told("read", fs::read_to_string(&path));
    told("length", fs::metadata(&path).map(|m| (m.len(), m.is_file(), m.is_dir())));
    told("create", File::create(&path).map(|_| ()));
    told("truncated", fs::metadata(&path).map(|m| m.len()));

    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    told("write", file.write(b"abcdef"));
    let vectored = file.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"gh"), IoSlice::new(b"ij")])?;
    file.write_all(&b"ghijkl"[vectored..])?;
    told("position", file.stream_position());
    told("rewind", file.rewind());
    let mut word = [0; 4];
    told("exact", file.read_exact(&mut word).map(|()| String::from_utf8_lossy(&word).into_owned()));
    told("from the end", file.seek(SeekFrom::End(-3)));
    let mut rest = String::new();
    told("to the end", file.read_to_string(&mut rest));
    println!("it is {rest:?}");
    told("before the start", file.seek(SeekFrom::Current(-100)));
    told("past the end", file.seek(SeekFrom::Start(20)));
    told("write there", file.write_all(b"z"));
    told("set_len", file.set_len(5));
    told("sync_all", file.sync_all());
    told("sync_data", file.sync_data());
    told("length", file.metadata().map(|m| m.len()));
    told("read exactly too much", file.read_exact(&mut word));
    let (mut first, mut second) = ([0; 2], [0; 2]);
    file.rewind()?;
    let got = file.read_vectored(&mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)])?;
    println!("vectored: {}, {:?}", got == 2 || got == 4, String::from_utf8_lossy(&first));
    drop(file);

    let mut appending = OpenOptions::new().append(true).open(&path)?;
    told("append", writeln!(appending, "+"));
    told("read from it", appending.read(&mut word));
    told("after appending", fs::read(&path).map(|data| data.len()));
    told("create_new", OpenOptions::new().write(true).create_new(true).open(&path).map(|_| ()));
    told("read-only", File::open(&path).and_then(|mut f| f.write(b"x")));
    told("truncate", OpenOptions::new().write(true).truncate(true).open(&path).map(|_| ()));
    told("nothing", fs::read_to_string(&path));
    Ok(())
}

fn folders(root: &Path) -> io::Result<()> {
    told("create_dir", fs::create_dir(root.join("d")));
    told("again", fs::create_dir(root.join("d")));
    told("create_dir_all", fs::create_dir_all(root.join("d/e/f")));
    fs::write(root.join("d/e/one"), "1")?;
    fs::write(root.join("d/e/thirteen"), "1234567890123")?;
    told("names", names(&root.join("d/e")));
    told("copy", fs::copy(root.join("d/e/thirteen"), root.join("d/copy")));
    told("hard_link", fs::hard_link(root.join("d/copy"), root.join("d/linked")));
    told("rename", fs::rename(root.join("d/copy"), root.join("d/renamed")));
    told("over another", fs::rename(root.join("d/e/one"), root.join("d/renamed")));
    told("a folder", fs::rename(root.join("d/e"), root.join("d/moved")));
    told("names", names(&root.join("d")));
    told("exists", Ok((root.join("d/moved/f").exists(), root.join("d/e").exists())));
    told("remove_dir", fs::remove_dir(root.join("d")));
    told("remove_file", fs::remove_file(root.join("d/linked")));
    told("of a folder", fs::remove_file(root.join("d/moved")));
    told("remove_dir of a file", fs::remove_dir(root.join("d/renamed")));
    told("remove_dir_all", fs::remove_dir_all(root.join("d")));
    told("names", names(root));
    Ok(())
}

fn errors(root: &Path) {
    told("missing", File::open(root.join("missing")).map(|_| ()));
    told("below missing", fs::write(root.join("missing/x"), "x"));
    told("below a file", fs::metadata(root.join("file/x")).map(|_| ()));
    told("no folder", fs::read_dir(root.join("file")).map(|_| ()));
    told("read a folder", fs::read(root).map(|_| ()));
    told("write a folder", OpenOptions::new().write(true).open(root).map(|_| ()));
    told("empty", File::open("").map(|_| ()));
    told("with NUL", File::open(root.join("a\0b")).map(|_| ()));
    told("too long", File::open(root.join("n".repeat(300))).map(|_| ()));
    told("not granted", File::open("/not/granted").map(|_| ()));
    told("outside", File::open(root.join("../outside")).map(|_| ()));
    told("rename missing", fs::rename(root.join("missing"), root.join("x")));
    told("link missing", fs::hard_link(root.join("missing"), root.join("x")));
    told("read_link of a file", fs::read_link(root.join("file")));
    told("link", fs::read_link(root.join("link")));
    told("through it", fs::read_to_string(root.join("link")));
    told("itself", fs::symlink_metadata(root.join("link")).map(|m| m.file_type().is_symlink()));
    told("dangling", fs::metadata(root.join("dangling")).map(|_| ()));
    told("loop", File::open(root.join("loop")).map(|_| ()));
}

fn streams() -> io::Result<()> {
    let mut lines = 0;
    let mut bytes = 0;
    let mut input = BufReader::new(io::stdin());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        lines += 1;
        bytes += line.len();
        line.clear();
    }
    println!("standard input: {lines} lines, {bytes} bytes");
    let mut output = BufWriter::new(io::stdout());
    for i in 0..200 {
        write!(output, "{i} ")?;
    }
    writeln!(output)?;
    output.flush()?;
    io::stderr().write_all(b"to standard error\n")
}

fn times(path: &Path) -> io::Result<()> {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(15));
    println!("slept long enough: {}", start.elapsed() >= Duration::from_millis(15));
    println!("after 2020: {}", SystemTime::now() > UNIX_EPOCH + Duration::from_secs(1577836800));
    fs::write(path, "now")?;
    let metadata = fs::metadata(path)?;
    let age = SystemTime::now().duration_since(metadata.modified()?).unwrap_or_default();
    println!("just modified: {}", age < Duration::from_secs(60));
    println!("accessed is known: {}", metadata.accessed().is_ok());
    println!("created is known: {}", metadata.created().is_ok());
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    println!("arguments: {arguments:?}");
    let mut variables: Vec<(String, String)> = env::vars().collect();
    variables.sort();
    println!("variables: {variables:?}");
    println!("HOME: {:?}", env::var("HOME"));
    env::set_var("SET_HERE", "1");
    println!("SET_HERE: {:?}", env::var("SET_HERE"));
    told("current_exe", env::current_exe());

    let root = Path::new(&arguments[0]);
    told("files", files(root));
    told("folders", folders(root));
    errors(root);
    told("streams", streams());
    told("times", times(&root.join("file")));
    process::exit(21);
}
