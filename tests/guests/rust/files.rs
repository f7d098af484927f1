//! A tour of Rust's standard library: arguments, variables, files in the folder
//! named by the first argument, lines of standard input, a HashMap (which asks
//! for random bytes), clocks, and an exit code from the second argument.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let mark = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{}", entry.file_name().to_string_lossy(), mark));
    }
    names.sort();
    Ok(names)
}

fn files(root: &Path) -> io::Result<()> {
    let note = root.join("note.txt");
    fs::write(&note, "first line\nsecond line\n")?;
    println!("read back: {:?}", fs::read_to_string(&note)?);

    let mut file = fs::OpenOptions::new().append(true).open(&note)?;
    writeln!(file, "third line")?;
    drop(file);
    println!("size: {}", fs::metadata(&note)?.len());

    let mut file = fs::OpenOptions::new().read(true).write(true).open(&note)?;
    file.seek(SeekFrom::End(-5))?;
    let mut tail = String::new();
    file.read_to_string(&mut tail)?;
    println!("tail: {tail:?}");
    file.set_len(10)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(b"FIRST")?;
    drop(file);
    println!("changed: {:?}", fs::read_to_string(&note)?);

    fs::create_dir(root.join("inner"))?;
    fs::create_dir_all(root.join("inner/more/still"))?;
    fs::copy(&note, root.join("inner/copy.txt"))?;
    fs::rename(&note, root.join("inner/renamed.txt"))?;
    println!("root: {:?}", list(root)?);
    println!("inner: {:?}", list(&root.join("inner"))?);

    for (what, result) in [
        ("open a missing file", fs::File::open(root.join("missing")).map(drop)),
        ("create a folder again", fs::create_dir(root.join("inner"))),
        ("remove a full folder", fs::remove_dir(root.join("inner"))),
        ("open outside", fs::File::open(root.join("../outside")).map(drop)),
    ] {
        println!("{what}: {}", if result.is_err() { "refused" } else { "allowed" });
    }
    if let Err(error) = fs::read(root.join("missing")) {
        println!("kind of error: {:?}", error.kind());
    }

    fs::remove_file(root.join("inner/copy.txt"))?;
    fs::remove_dir_all(root.join("inner"))?;
    println!("after removal: {:?}", list(root)?);
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    println!("arguments: {:?}", &arguments[1..]);
    let variables: BTreeMap<String, String> = env::vars().collect();
    println!("variables: {variables:?}");

    if let Some(root) = arguments.get(1) {
        if let Err(error) = files(Path::new(root)) {
            println!("file trouble: {error:?}");
            process::exit(1);
        }
    }

    let mut counts: HashMap<String, usize> = HashMap::new();
    for line in io::stdin().lock().lines() {
        for word in line.expect("UTF-8 text").split_whitespace() {
            *counts.entry(word.to_string()).or_default() += 1;
        }
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    println!("words: {words:?}");

    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(3));
    println!("slept long enough: {}", start.elapsed() >= Duration::from_millis(3));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    println!("the year is 2020 or later: {}", since.as_secs() > 1_577_836_800);

    eprintln!("done");
    let code = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(0);
    process::exit(code);
}
