//! Texts with `{{ names }}` to fill in, taken apart: nothing but names is understood, and who may say which is the
//! caller's to know.

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<N> {
    /// As it stands.
    Text(String),
    /// What a value takes the place of.
    Name(N),
}

/// Why a text cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateFault<'t> {
    /// `{{` without `}}`.
    NotClosed,
    /// A name that the caller does not know.
    Unknown(&'t str),
    /// Another mark of templates, so that nobody takes it for working.
    Mark(&'static str),
}

/// The pieces of `text`, none of which is empty.
///
/// # Errors
/// The first fault.
pub fn parts<N>(text: &str, named: impl Fn(&str) -> Option<N>) -> Result<Vec<Part<N>>, TemplateFault<'_>> {
    let mut parts = Vec::new();
    let plain = |text: &str| match ["}}", "{%", "%}", "{#", "#}"].into_iter().find(|mark| text.contains(mark)) {
        Some(mark) => Err(TemplateFault::Mark(mark)),
        None if text.is_empty() => Ok(None),
        None => Ok(Some(Part::Text(text.to_owned()))),
    };
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        let (name, after) = inside.split_once("}}").ok_or(TemplateFault::NotClosed)?;
        let name = name.trim();
        let known = named(name).ok_or(TemplateFault::Unknown(name))?;
        parts.extend(plain(before)?);
        parts.push(Part::Name(known));
        rest = after;
    }
    parts.extend(plain(rest)?);
    Ok(parts)
}
