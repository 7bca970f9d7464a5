//! Counts, for one event after the other, how many needs of each rule are met. Beginning a new event
//! touches nothing of the last one's counts.

/// Needs are numbered through over all rules of an index.
pub(super) type NeedNumber = u32;

/// The counts for one event.
#[derive(Debug, Default)]
pub(super) struct Tally {
    round: u32,
    /// In which round each need was last met.
    met_in: Vec<u32>,
    /// In which round each rule was last counted, and how far.
    counts: Vec<(u32, u32)>,
    /// The rules counted in this round.
    found: Vec<u32>,
}

impl Tally {
    /// Forgets all counts, and makes room for so many needs and rules.
    pub(super) fn begin(&mut self, needs: usize, rules: usize) {
        self.found.clear();
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.met_in.clear();
            self.counts.clear();
            self.round = 1;
        }
        if self.met_in.len() < needs {
            self.met_in.resize(needs, 0);
        }
        if self.counts.len() < rules {
            self.counts.resize(rules, (0, 0));
        }
    }

    /// The need of the rule is met; told twice, it counts once.
    pub(super) fn met(&mut self, need: NeedNumber, rule: u32) {
        let (Some(met_in), Some(count)) = (self.met_in.get_mut(need as usize), self.counts.get_mut(rule as usize))
        else {
            return;
        };
        if std::mem::replace(met_in, self.round) == self.round {
            return;
        }
        if count.0 == self.round {
            count.1 += 1;
        } else {
            *count = (self.round, 1);
            self.found.push(rule);
        }
    }

    /// Calls `each` with every rule of which a need was met, and how many.
    pub(super) fn each(&self, mut each: impl FnMut(u32, u32)) {
        for rule in &self.found {
            if let Some((_, met)) = self.counts.get(*rule as usize) {
                each(*rule, *met);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(tally: &Tally) -> Vec<(u32, u32)> {
        let mut counts = Vec::new();
        tally.each(|rule, met| counts.push((rule, met)));
        counts
    }

    #[test]
    fn needs_count_once_and_only_for_their_event() {
        let mut tally = Tally::default();
        tally.begin(3, 2);
        [(0, 1), (1, 1), (0, 1), (2, 0)].iter().for_each(|(need, rule)| tally.met(*need, *rule));
        assert_eq!(counts(&tally), [(1, 2), (0, 1)]);
        tally.begin(3, 2);
        assert_eq!(counts(&tally), []);
        tally.met(0, 1);
        assert_eq!(counts(&tally), [(1, 1)]);
    }

    #[test]
    fn rounds_may_run_out() {
        let mut tally = Tally { round: u32::MAX - 1, ..Tally::default() };
        for _ in 0..3 {
            tally.begin(1, 1);
            tally.met(0, 0);
            assert_eq!(counts(&tally), [(0, 1)]);
        }
    }
}
