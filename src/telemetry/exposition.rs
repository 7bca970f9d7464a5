//! Writes metrics in Prometheus' text format, version 0.0.4.
//!
//! Plainly: the numbers are derived from the trail and asked for when somebody scrapes, so there is
//! nothing for a registry or a recorder to keep, and what remains of an exporter's work is this page.

use std::fmt::Write as _;

/// The media type of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics under writing.
#[derive(Debug, Default)]
pub struct Exposition(String);

/// The labels of one sample, and its value.
pub type Sample<'s> = (Vec<(&'static str, &'s str)>, f64);

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    Counter,
}

impl Exposition {
    /// A number that rises and falls, without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(Kind::Gauge, name, help, [(Vec::new(), value)]);
    }

    /// Numbers that rise and fall.
    pub fn gauges<'s>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'s>>) {
        self.family(Kind::Gauge, name, help, samples);
    }

    /// Numbers that only grow; by convention the name ends in `_total`.
    pub fn counters<'s>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'s>>) {
        self.family(Kind::Counter, name, help, samples);
    }

    /// The page.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    // Writing to a String cannot fail, so the results of `writeln!` are of no interest here.
    fn family<'s>(&mut self, kind: Kind, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'s>>) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_prometheus_own() {
        let mut page = Exposition::default();
        page.gauge("up", "Whether\nit is \\ up.", 1.0);
        let samples = [(vec![("a", "x\"y\\\n"), ("b", "")], 0.5), (vec![("a", "z")], 1_763_694_000.0)];
        page.counters("seen_total", "How many.", samples);
        let expected = "# HELP up Whether\\nit is \\\\ up.\n# TYPE up gauge\nup 1\n\
                        # HELP seen_total How many.\n# TYPE seen_total counter\n\
                        seen_total{a=\"x\\\"y\\\\\\n\",b=\"\"} 0.5\nseen_total{a=\"z\"} 1763694000\n";
        assert_eq!(page.into_text(), expected);
    }
}
