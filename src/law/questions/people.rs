//! Who may answer questions, and who has to: named people with roles and deputies, from a table that the bureau keeps.

use chrono::NaiveDate;

use super::{folded_name, is_one_person};
use crate::config::Problem;
use crate::domain::Workdays;
use crate::texts::{Table, text};

crate::codes! {
    /// What somebody is for questions; `texts` has the words.
    pub enum Role {
        /// Answers first: the business section's clerk (业务经办人).
        Clerk = "clerk",
        /// The business section's head (业务负责人).
        Head = "head",
        /// The head of the office that sent the data (报送单位负责人).
        SenderHead = "sender_head",
    }
}

/// Working days after which the head has a question, and the sender's head.
const TO_HEAD: u32 = 2;
const TO_SENDER_HEAD: u32 = 5;

/// One row of `pipelines/tables/people.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub line: usize,
    pub name: String,
    pub role: String,
    /// The office or platform whose head somebody is; empty for the bureau's own.
    pub sender: String,
    /// Who acts in their place; empty: nobody.
    pub deputy: String,
    /// First day; `None`: always.
    pub from: Option<NaiveDate>,
    /// Last day; `None`: until further notice.
    pub to: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    name: String,
    role: Role,
    sender: String,
    deputy: Option<String>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// Who has a question on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub role: Role,
    /// The name; the role's word where the table names nobody.
    pub name: String,
}

/// The named people. Without any, whoever acts may answer, and two of them must be two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    rows: Vec<Person>,
}

/// The last day on which the owner of a question that was asked on `day` answers it.
#[must_use]
pub fn due_day(day: NaiveDate, workdays: &Workdays) -> NaiveDate {
    workdays.after(day, TO_HEAD)
}

impl People {
    /// The people of a table's rows; what is wrong with the others goes to `problems`.
    pub fn new(file: &str, rows: Vec<PersonRow>, problems: &mut Vec<Problem>) -> Self {
        let mut people: Vec<Person> = Vec::new();
        for row in rows {
            let PersonRow { line, name, role, sender, deputy, from, to } = row;
            let Some(role) = Role::parse(&role) else {
                let roles = Role::ALL.map(Role::code).join(", ");
                problems.push(Problem::new(file, line, format!("`{role}` is no role"), roles));
                continue;
            };
            if folded_name(&name).chars().count() < 2 {
                problems.push(Problem::new(file, line, "the name is missing or a surname only", "write the full name"));
                continue;
            }
            let deputy = Some(deputy).filter(|deputy| !deputy.is_empty());
            if deputy.as_ref().is_some_and(|deputy| is_one_person(deputy, &name)) {
                problems.push(Problem::new(file, line, "nobody is their own deputy", "name another person"));
                continue;
            }
            people.push(Person { name, role, sender, deputy, from, to });
        }
        Self { rows: people }
    }

    /// Whether the table names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Person> {
        let holds =
            move |person: &&Person| person.from.is_none_or(|from| from <= day) && person.to.is_none_or(|to| day <= to);
        self.rows.iter().filter(holds)
    }

    /// The name as the table has it, of somebody who may answer on a day: named there, or somebody's deputy. A table
    /// that names nobody lets everybody answer.
    #[must_use]
    pub fn named(&self, name: &str, day: NaiveDate) -> Option<String> {
        if self.is_empty() {
            return Some(name.to_owned());
        }
        let folded = folded_name(name);
        let names = self.on(day).flat_map(|person| std::iter::once(&person.name).chain(&person.deputy));
        names.into_iter().find(|known| folded_name(known) == folded).cloned()
    }

    /// Who has a question on a day that was asked on another: the clerk, after two working days the head, after five the
    /// sender's head.
    #[must_use]
    pub fn owner(&self, sender: &str, asked: NaiveDate, day: NaiveDate, workdays: &Workdays) -> Owner {
        let role = if day > workdays.after(asked, TO_SENDER_HEAD) {
            Role::SenderHead
        } else if day > workdays.after(asked, TO_HEAD) {
            Role::Head
        } else {
            Role::Clerk
        };
        let is_meant = |person: &&Person| {
            person.role == role && (role != Role::SenderHead || person.sender.is_empty() || person.sender == sender)
        };
        // The one of this very sender goes before one of all senders.
        let mut found: Vec<&Person> = self.on(day).filter(is_meant).collect();
        found.sort_by_key(|person| person.sender != sender);
        let word = || text(Table::Role, role.code()).map_or(role.code(), |text| &text.zh).to_owned();
        Owner { role, name: found.first().map_or_else(word, |person| person.name.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        crate::domain::parse_date(text).unwrap()
    }

    fn row(name: &str, role: &str, sender: &str, deputy: &str) -> PersonRow {
        PersonRow {
            line: 2,
            name: name.into(),
            role: role.into(),
            sender: sender.into(),
            deputy: deputy.into(),
            from: None,
            to: None,
        }
    }

    #[test]
    fn the_table_says_who_may_answer_and_who_has_to() {
        let mut problems = Vec::new();
        let rows = vec![
            row("张三", "clerk", "", "李四"),
            row("王五六", "head", "", ""),
            row("赵七八", "sender_head", "甲县民政局", ""),
            row("钱", "clerk", "", ""),
            row("孙九", "boss", "", ""),
            row("周十", "clerk", "", "周十科长"),
        ];
        let people = People::new("people.csv", rows, &mut problems);
        assert_eq!(problems.len(), 3, "{problems:?}");
        let on = day("2026-11-02");
        assert_eq!(people.named("張三 科长", on).as_deref(), Some("张三"));
        assert_eq!(people.named("李四", on).as_deref(), Some("李四"), "a deputy");
        assert_eq!(people.named("张科长", on), None, "a surname is nobody");
        assert_eq!(people.named("吴二", on), None);
        let calendar = Workdays::default();
        // Monday; two working days end on Wednesday, five on the next Monday.
        for (at, role, name) in [
            ("2026-11-04", Role::Clerk, "张三"),
            ("2026-11-05", Role::Head, "王五六"),
            ("2026-11-09", Role::Head, "王五六"),
            ("2026-11-10", Role::SenderHead, "赵七八"),
        ] {
            let owner = people.owner("甲县民政局", on, day(at), &calendar);
            assert_eq!((owner.role, owner.name.as_str()), (role, name), "{at}");
        }
        assert_eq!(due_day(on, &calendar), day("2026-11-04"));
        let nobody = People::default();
        assert_eq!(nobody.named("谁", on).as_deref(), Some("谁"));
        assert_eq!(nobody.owner("", on, on, &calendar).name, "业务经办人");
    }
}
