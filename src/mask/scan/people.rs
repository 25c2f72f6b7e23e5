//! People: their names, home folders and addresses.

use std::ops::Range;

use super::Scan;
use crate::mask::finder::Trigger;
use crate::mask::kind::Kind;
use crate::mask::{home, mail, person};

impl Scan<'_> {
    pub(super) fn person(&mut self, text: &[u8], range: Range<usize>, trigger: Trigger) {
        let home = Kind::person("home-path");
        match trigger {
            Trigger::At => {
                if let Some(address) = mail::around(text, range.start) {
                    self.address(text, address);
                } else if let Some(name) = person::prompt(text, range.start) {
                    self.person_name(text, name, &Kind::person("user"));
                }
            }
            Trigger::UnixHome if matches!(text[range.start + 1], b'h' | b'U') => {
                if let Some(name) = home::unix(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::WindowsHome => {
                if let Some(name) = home::windows(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::SlugHome => {
                if let Some(name) = home::slug(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::Tilde => {
                if let Some(name) = person::tilde(text, range.start) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::User => {
                if let Some(name) = person::user(text, range.start, range.end) {
                    self.person_name(text, name, &Kind::person("user"));
                }
            }
            Trigger::Author => {
                if let Some(name) = person::author(text, range.end) {
                    self.person_name(text, name, &Kind::person("author"));
                }
            }
            Trigger::Mode => {
                if let Some((owner, group)) = person::owner(text, range.start) {
                    for name in std::iter::once(owner).chain(group) {
                        self.person_name(text, name, &Kind::person("user"));
                    }
                }
            }
            _ => {}
        }
    }

    /// A mail address, with the name beside it.
    fn address(&mut self, text: &[u8], address: mail::Address) {
        let remote = address.labels.is_empty();
        let kind = if remote { Kind::person("user") } else { Kind::mail() };
        for (word, same) in person::beside(text, &address.local) {
            let author = Kind::person("author");
            // What the address does not have may be a word that stands elsewhere, too.
            if same {
                self.person_name(text, word, &author);
            } else {
                self.name(text, word, &author);
            }
        }
        self.name(text, address.local, &kind);
        for label in address.labels {
            self.part(text, label, &kind);
        }
    }
}
