//! Drawing a tree of lines with ├─, └─ and │.

use desk::Node;

/// The tree as text, each line closed.
pub(super) fn draw(root: &Node) -> String {
    let mut out = format!("{}\n", root.text);
    draw_below(root, "", &mut out);
    out
}

fn draw_below(node: &Node, trunk: &str, out: &mut String) {
    for (at, child) in node.children.iter().enumerate() {
        let is_last = at + 1 == node.children.len();
        let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        out.extend([trunk, branch, &child.text, "\n"]);
        draw_below(child, &format!("{trunk}{below}"), out);
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
        assert_eq!(draw(&tree), expected);
    }
}
