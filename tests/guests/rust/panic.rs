//! Panics with a message in a way chosen by the first argument; a panic here
//! ends in a trap (the program is built with panic=abort).
use std::env;

fn main() {
    let way = env::args().nth(1).unwrap_or_default();
    let numbers = vec![1, 2, 3];
    println!("about to try {way:?}");
    match way.as_str() {
        "index" => println!("{}", numbers[numbers.len() + way.len()]),
        "unwrap" => println!("{}", "not a number".parse::<i32>().unwrap()),
        "explicit" => panic!("as asked"),
        "error" => {
            eprintln!("no panic, only an error");
            std::process::exit(7);
        }
        _ => println!("nothing happened"),
    }
}
