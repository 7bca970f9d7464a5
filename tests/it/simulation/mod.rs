//! Random runs of admission, guard layer and executor: the real ones, on one thread, with a clock and a DingTalk that
//! the run turns. What happens is drawn from a seed: alerts that repeat, conflict and crowd, answers that come late,
//! wrong or never, clocks that jump, responders, and the death of the program at any moment. After everything that
//! happens the laws (`laws`) are asked.
//!
//! `SIMULATION_SEED=7` runs one seed alone and tells what happens in it; `SIMULATION_RUNS=100000` runs more than are
//! run otherwise.

mod bench;
mod chances;
mod dice;
mod history;
mod keeping;
mod laws;
mod life;
mod pausing;
mod responders;
mod run;
mod senders;
mod site;
mod store;
mod telling;
mod world;

use site::Site;

/// In all parts together.
const RUNS: u64 = 1_000;
/// Tests that share them, so that they run side by side and none for long.
const PARTS: u64 = 8;
/// Things that happen in a run before it is left to come to its end.
const STEPS: usize = 50;

#[test]
fn the_laws_hold_in_the_first_eighth_of_the_runs() {
    part(0);
}

#[test]
fn the_laws_hold_in_the_second_eighth_of_the_runs() {
    part(1);
}

#[test]
fn the_laws_hold_in_the_third_eighth_of_the_runs() {
    part(2);
}

#[test]
fn the_laws_hold_in_the_fourth_eighth_of_the_runs() {
    part(3);
}

#[test]
fn the_laws_hold_in_the_fifth_eighth_of_the_runs() {
    part(4);
}

#[test]
fn the_laws_hold_in_the_sixth_eighth_of_the_runs() {
    part(5);
}

#[test]
fn the_laws_hold_in_the_seventh_eighth_of_the_runs() {
    part(6);
}

#[test]
fn the_laws_hold_in_the_last_eighth_of_the_runs() {
    part(7);
}

#[test]
fn the_same_seed_is_the_same_run() {
    let sites = Site::all();
    for seed in [3, 1_007, 2_000_014] {
        let (one, other) = (told(&sites, seed), told(&sites, seed));
        let differs = one.iter().zip(&other).find(|(one, other)| one != other);
        assert_eq!((differs, one.len()), (None, other.len()), "seed {seed}");
    }
}

fn told(sites: &[Site], seed: u64) -> Vec<String> {
    run::run(site_of(sites, seed), seed, STEPS, true).0
}

fn part(part: u64) {
    let sites = Site::all();
    if let Some(seed) = number("SIMULATION_SEED") {
        if part == 0 {
            check(&sites, seed, true);
        }
        return;
    }
    let runs = number("SIMULATION_RUNS").unwrap_or(RUNS);
    for seed in (0..runs).filter(|seed| seed % PARTS == part) {
        check(&sites, seed, false);
    }
}

fn check(sites: &[Site], seed: u64, is_told: bool) {
    let site = site_of(sites, seed);
    let (mut tale, result) = run::run(site, seed, STEPS, is_told);
    if result.is_err() && !is_told {
        // It is the same again, and costs too much to be told every time.
        tale = run::run(site, seed, STEPS, true).0;
    }
    eprint!("{}", tale.join("\n"));
    if let Err(broken) = result {
        panic!("SIMULATION_SEED={seed} breaks a law: {broken}");
    }
}

/// By the seed alone, whatever part it is in.
fn site_of(sites: &[Site], seed: u64) -> &Site {
    &sites[usize::try_from(seed / PARTS).unwrap() % sites.len()]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
