//! What the disk does: the order of the program's system calls, what a power cut leaves, and a disk that fails or is
//! full. The program is the real one, watched by `strace`.
//!
//! `tests/run` has the short forms. The long ones, a thousand acknowledgements and sixty power cuts for each of three
//! recordings:
//!
//! ```sh
//! DURABILITY=long cargo test --locked --test it durability
//! ```

mod disk;
mod faults;
mod order;
mod power;
mod recording;
mod trace;

/// How much of something is done: in the short form and in the long one.
fn many(short: usize, long: usize) -> usize {
    match std::env::var("DURABILITY").as_deref() {
        Ok("long") => long,
        Ok(other) => panic!("DURABILITY is {other} and can only be long"),
        Err(_) => short,
    }
}
