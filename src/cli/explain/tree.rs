//! Drawing a tree of lines with ├─, └─ and │. What the lines say is the business of the other files here.

/// One line and what stands below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    text: String,
    children: Vec<Self>,
}

impl Node {
    /// A line with nothing below it yet.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), children: Vec::new() }
    }

    /// Puts a line below this one.
    pub(super) fn add(&mut self, child: Self) {
        self.children.push(child);
    }

    /// Puts a line with nothing below it below this one.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.add(Self::new(text));
    }

    /// This line with others below it.
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The tree as text, each line closed.
    pub(super) fn draw(&self) -> String {
        let mut out = format!("{}\n", self.text);
        self.draw_below("", &mut out);
        out
    }

    fn draw_below(&self, trunk: &str, out: &mut String) {
        for (at, child) in self.children.iter().enumerate() {
            let is_last = at + 1 == self.children.len();
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            out.extend([trunk, branch, &child.text, "\n"]);
            child.draw_below(&format!("{trunk}{below}"), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_fit_at_every_level() {
        let deep = Node::new("b").with([Node::new("b1").with([Node::new("x")]), Node::new("b2")]);
        let tree = Node::new("root").with([Node::new("a"), deep, Node::new("c").with([Node::new("c1")])]);
        let expected = "root\n├─ a\n├─ b\n│  ├─ b1\n│  │  └─ x\n│  └─ b2\n└─ c\n   └─ c1\n";
        assert_eq!(tree.draw(), expected);
    }
}
