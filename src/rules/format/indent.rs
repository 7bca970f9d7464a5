//! Indents the lines of one key: four spaces for what is below a key, the text behind a dash two
//! further, a text block moved as a whole, and what runs over several lines kept in its shape.

/// How much deeper what is below a key stands.
const STEP: usize = 4;

/// The lines indented and without spaces at their ends. The first that is no comment has the key.
pub(super) fn indented(lines: &[&str]) -> Vec<String> {
    let mut writer = Writer {
        levels: vec![Level { old: 0, new: 0, is_list: false }],
        block: None,
        opens: false,
        waiting: Vec::new(),
        written: Vec::new(),
    };
    lines.iter().for_each(|line| writer.take(line));
    let levels = writer.levels.clone();
    writer.write_waiting(&levels, None);
    writer.written
}

/// One level of what is open above a line: where it stood, and where it stands now.
#[derive(Debug, Clone, Copy)]
struct Level {
    old: usize,
    new: usize,
    is_list: bool,
}

/// A text block that goes on below its header.
#[derive(Debug, Clone, Copy)]
struct Block {
    parent: Level,
    /// Where its first line stood, once that is seen.
    old: Option<usize>,
}

struct Writer<'t> {
    levels: Vec<Level>,
    block: Option<Block>,
    /// Whether the last line was a key whose value is below it.
    opens: bool,
    /// Comments and blank lines, which stand as what comes next does.
    waiting: Vec<&'t str>,
    written: Vec<String>,
}

impl<'t> Writer<'t> {
    fn take(&mut self, line: &'t str) {
        if let Some(moved) = self.block.as_mut().and_then(|block| block.take(line)) {
            self.written.push(moved);
            return;
        }
        self.block = None;
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            self.waiting.push(line);
            return;
        }
        let before = self.levels.clone();
        let level = self.level_of(width(line), text);
        self.write_waiting(&before, Some(level));
        let (text, parent) = self.behind_dashes(level, text);
        self.written.push(format!("{}{text}", " ".repeat(level.new)));
        let said = without_comment(&text);
        self.opens = said.ends_with(':') || said == "-";
        self.block = has_header(said).then_some(Block { parent, old: None });
    }

    /// The level of a line that stood at `old`; those that end before it are closed.
    fn level_of(&mut self, old: usize, text: &str) -> Level {
        let is_list = text == "-" || text.starts_with("- ");
        let is_over = |level: &Level| level.old > old || (level.old == old && level.is_list && !is_list);
        while self.levels.len() > 1 && self.levels.last().is_some_and(is_over) {
            self.levels.pop();
        }
        let last = self.levels.last().copied().unwrap_or(Level { old: 0, new: 0, is_list: false });
        // A list may stand right below its key, without being indented.
        let is_new = last.old < old || (is_list && !last.is_list);
        if !is_new {
            return last;
        }
        let new = if self.opens { last.new + STEP } else { last.new + old.saturating_sub(last.old) };
        let level = Level { old, new, is_list };
        self.levels.push(level);
        level
    }

    /// One space behind each dash; what is there opens a level of its own. Gives the text and the level
    /// that a text block in it belongs to.
    fn behind_dashes(&mut self, level: Level, text: &str) -> (String, Level) {
        let (mut level, mut rest, mut dashes) = (level, text, String::new());
        while let Some(inner) = rest.strip_prefix("- ").map(str::trim_start).filter(|inner| !inner.starts_with('#')) {
            let is_list = inner == "-" || inner.starts_with("- ");
            let inside = Level { old: level.old + rest.len() - inner.len(), new: level.new + 2, is_list };
            dashes.push_str("- ");
            rest = inner;
            self.levels.push(inside);
            if has_header(without_comment(inner)) && !inner.contains(':') {
                break;
            }
            level = inside;
        }
        (dashes + rest, level)
    }

    fn write_waiting(&mut self, before: &[Level], next: Option<Level>) {
        for line in std::mem::take(&mut self.waiting) {
            let text = line.trim();
            let old = width(line);
            let new = match next {
                Some(next) if next.old == old => next.new,
                _ => place(before, old),
            };
            let is_second_blank = text.is_empty() && self.written.last().is_none_or(String::is_empty);
            if !is_second_blank {
                self.written.push(if text.is_empty() { String::new() } else { format!("{}{text}", " ".repeat(new)) });
            }
        }
    }
}

impl Block {
    /// The line where it now stands, if it is one of the block's.
    fn take(&mut self, line: &str) -> Option<String> {
        let width = width(line);
        let is_blank = line.trim().is_empty();
        let is_inside = width > self.parent.old && self.old.is_none_or(|old| width >= old);
        if !is_blank && !is_inside {
            return None;
        }
        if !is_blank {
            self.old.get_or_insert(width);
        }
        let more = line.get(self.old.unwrap_or(usize::MAX).min(line.len())..).unwrap_or_default();
        Some(if more.is_empty() { String::new() } else { format!("{}{more}", " ".repeat(self.parent.new + STEP)) })
    }
}

/// Where something that stood at `old` belongs among the levels.
fn place(levels: &[Level], old: usize) -> usize {
    let level = levels.iter().rev().find(|level| level.old <= old);
    level.map_or(0, |level| if level.old == old { level.new } else { level.new + STEP })
}

fn width(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn without_comment(text: &str) -> &str {
    text.find(" #").and_then(|at| text.get(..at)).unwrap_or(text).trim_end()
}

/// Whether a text block begins behind the line: `key: |`, `- >-`.
fn has_header(text: &str) -> bool {
    let (before, last) = text.rsplit_once(' ').unwrap_or(("", text));
    let marks = last.strip_prefix(['|', '>']);
    let is_mark = |mark: char| matches!(mark, '+' | '-') || mark.is_ascii_digit();
    marks.is_some_and(|marks| marks.chars().all(is_mark))
        && (before.is_empty() || before.trim_end().ends_with([':', '-']))
}
