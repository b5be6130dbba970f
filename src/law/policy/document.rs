//! A governing document clause by clause: what a rule carries out, what the program helps with, what lies outside.
//!
//! Pure. The files are `pipelines/documents/*.toml`; a rule belongs to a clause by its document and article.

use serde::Deserialize;

use super::read::{Reader, Word};
use super::rule::Rule;
use super::words::words;
use crate::config::Problem;

/// A document that rules cite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its number as rules cite it, e.g. 闽医保〔2021〕93号.
    pub number: String,
    pub title: String,
    /// Its clauses, in its order.
    pub clauses: Vec<DocumentClause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentClause {
    /// Its number, as rules cite it.
    pub article: String,
    /// What it asks for, in one line.
    pub summary: String,
    /// What becomes of it here.
    pub kind: ClauseKind,
    /// How the program helps, or why the clause lies outside; empty only where a rule carries it out.
    pub note: String,
}

words! {
    /// What becomes of a clause.
    ClauseKind {
        Rule = "rule",
        /// The program helps those who carry it out.
        Support = "support",
        /// It is not the program's matter.
        Outside = "outside",
    }
}

impl Document {
    /// The rules that carry a clause out.
    pub fn carried_out_by<'a>(
        &'a self,
        clause: &'a DocumentClause,
        rules: &'a [Rule],
    ) -> impl Iterator<Item = &'a Rule> {
        rules.iter().filter(|rule| rule.clause.document == self.number && rule.clause.article == clause.article)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentFile {
    number: Word,
    title: Word,
    #[serde(default)]
    clauses: Vec<ClauseFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseFile {
    article: Word,
    summary: Word,
    kind: Word,
    note: Option<Word>,
}

/// Reads a document's file; `file` is its name as problems show it.
pub fn parse_document(file: &str, text: &str) -> Result<Document, Vec<Problem>> {
    let parsed: DocumentFile = toml::from_str(text).map_err(|error| vec![Problem::in_toml(file, text, &error)])?;
    let mut reader = Reader::new(file, text);
    reader.filled(&parsed.number, "number", "write it as rules cite it, e.g. 闽医保〔2021〕93号");
    reader.filled(&parsed.title, "title", "the document's own title");
    if parsed.clauses.is_empty() {
        reader.problems.push(Problem::new(file, 0, "the document has no clause", "add a [[clauses]] table"));
    }
    let articles: Vec<Word> = parsed.clauses.iter().map(|clause| clause.article.clone()).collect();
    reader.once(&articles, "article");
    let clauses: Vec<Option<DocumentClause>> = parsed.clauses.into_iter().map(|clause| reader.clause(clause)).collect();
    reader.problems.sort_by_key(|problem| problem.line);
    match clauses.into_iter().collect() {
        Some(clauses) if reader.problems.is_empty() => {
            Ok(Document { number: parsed.number.into_inner(), title: parsed.title.into_inner(), clauses })
        }
        _ => Err(reader.problems),
    }
}

impl Reader<'_> {
    fn filled(&mut self, word: &Word, key: &str, hint: &str) {
        if word.get_ref().trim().is_empty() {
            self.fault(&word.span(), format!("{key} is empty"), hint);
        }
    }

    fn clause(&mut self, clause: ClauseFile) -> Option<DocumentClause> {
        self.filled(&clause.article, "article", "its number in the document, e.g. \"11\"");
        self.filled(&clause.summary, "summary", "what the clause asks for, in one line");
        let kind = self.word(&clause.kind, ClauseKind::ALL, "kind");
        let needed = "support says how the program helps, outside why it does not";
        match &clause.note {
            Some(note) => self.filled(note, "note", needed),
            None if kind.is_some_and(|kind| kind != ClauseKind::Rule) => {
                self.fault(&clause.kind.span(), "the clause has no note", needed);
            }
            None => {}
        }
        Some(DocumentClause {
            article: clause.article.into_inner(),
            summary: clause.summary.into_inner(),
            kind: kind?,
            note: clause.note.map(toml::Spanned::into_inner).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUJIAN: &str = include_str!("../../../pipelines/documents/fujian-93.toml");
    const FILE: &str = "pipelines/documents/fujian-93.toml";

    #[test]
    fn the_document_has_its_twenty_clauses_and_rules_carry_out_the_eleventh() {
        let document = parse_document(FILE, FUJIAN).unwrap();
        let articles: Vec<String> = document.clauses.iter().map(|clause| clause.article.clone()).collect();
        assert_eq!(articles, (1..=20).map(|number| number.to_string()).collect::<Vec<_>>());
        let policy = include_str!("../../../pipelines/policies/fujian.toml");
        let national = include_str!("../../../pipelines/policies/national.toml");
        let policy = super::super::parse_policy("fujian.toml", policy, Some(("national.toml", national))).unwrap();
        for clause in &document.clauses {
            let rules: Vec<&str> =
                document.carried_out_by(clause, &policy.rules).map(|rule| rule.id.as_str()).collect();
            let expected: &[&str] =
                if clause.article == "11" { &["fujian-relapse", "fujian-into-poverty"] } else { &[] };
            assert_eq!(rules, expected, "{}", clause.article);
            assert_eq!(clause.kind == ClauseKind::Rule, !rules.is_empty(), "{}", clause.article);
        }
    }

    /// Each slip: what is changed, into what, the line and what must be said.
    const SLIPS: &[(&str, &str, usize, &str)] = &[
        ("number = \"d1\"", "number = \" \"", 1, "number is empty"),
        ("title = \"t\"", "titel = \"t\"", 2, "did you mean `title`?"),
        ("article = \"2\"", "article = \"1\"", 10, "article `1` stands twice"),
        ("article = \"2\"", "article = \"\"", 10, "article is empty"),
        ("summary = \"b\"", "summary = \"\"", 11, "summary is empty"),
        ("kind = \"support\"", "kind = \"suport\"", 12, "did you mean `support`?"),
        ("note = \"n\"", "", 12, "the clause has no note"),
        ("note = \"n\"", "note = \"\"", 13, "note is empty"),
        ("note = \"n\"", "notes = \"n\"", 13, "did you mean `note`?"),
    ];

    #[test]
    fn every_slip_names_line_and_mend() {
        let good = "number = \"d1\"\ntitle = \"t\"\n\n[[clauses]]\narticle = \"1\"\nsummary = \"a\"\nkind = \"rule\"\n\n\
                    [[clauses]]\narticle = \"2\"\nsummary = \"b\"\nkind = \"support\"\nnote = \"n\"\n";
        assert_eq!(parse_document("d.toml", good).unwrap().clauses.len(), 2);
        for (from, to, line, said) in SLIPS {
            assert!(good.contains(from), "{from}");
            let problems = parse_document("d.toml", &good.replacen(from, to, 1)).expect_err(to);
            let [problem] = problems.as_slice() else { panic!("{to}: {problems:#?}") };
            assert_eq!(problem.line, *line, "{to}: {problem}");
            assert!(problem.to_string().contains(said) && !problem.hint.is_empty(), "{to}: {problem}");
        }
        let none = parse_document("d.toml", "number = \"d1\"\ntitle = \"t\"\n").unwrap_err();
        assert_eq!(none[0].message, "the document has no clause");
    }
}
