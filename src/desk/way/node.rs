//! A line of a way and what stands below it; how it is drawn is up to whoever shows it.

/// One line and what stands below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub text: String,
    pub children: Vec<Self>,
}

impl Node {
    /// A line with nothing below it yet.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), children: Vec::new() }
    }

    /// Puts a line below this one.
    pub(crate) fn add(&mut self, child: Self) {
        self.children.push(child);
    }

    /// Puts a line with nothing below it below this one.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.add(Self::new(text));
    }

    /// This line with others below it.
    #[must_use]
    pub fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }
}
