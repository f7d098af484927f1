//! One formatted line and the exit code 0.
fn main() {
    let language = "Rust";
    println!("Hello from {language}, {:.3}!", 1.0 / 3.0);
}
