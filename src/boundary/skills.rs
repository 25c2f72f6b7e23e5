//! Which skills there are, and how their use shows in a recording.

use crate::action::{Access, Action, Target};
use crate::finding::Finding;
use crate::plugin::{Plugin, Skill};

/// The plugin's skills.
#[derive(Clone, Debug, Default)]
pub struct Skills {
    skills: Vec<Skill>,
    /// `plugins/cache/<marketplace>/<plugin>/`, after which the version and the path in the plugin follow.
    cache: String,
}

impl Skills {
    /// The skills of a plugin; none when the plugin is off. Two of one name are a warning finding.
    pub fn compile(plugin: &Plugin, findings: &mut Vec<Finding>) -> Self {
        let skills = if plugin.off.is_some() { Vec::new() } else { plugin.skills.clone() };
        for (at, skill) in skills.iter().enumerate() {
            if let Some(first) = skills[..at].iter().find(|first| first.name == skill.name) {
                let text = format!("the skill `{}` is also written at {}", skill.name, first.place);
                findings.push(
                    Finding::warning("skill-twice", text).at(skill.place.clone()).help("rename one of them"),
                );
            }
        }
        let (name, marketplace) = plugin.id.split_once('@').unwrap_or((plugin.id.as_str(), ""));
        Self { skills, cache: format!("plugins/cache/{marketplace}/{name}/") }
    }

    /// Every skill, those that are switched off included.
    pub fn all(&self) -> &[Skill] {
        &self.skills
    }

    /// The enabled skill of a full name, `<plugin>:<skill>`.
    pub fn named(&self, name: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.enabled && skill.name == name)
    }

    /// The skill whose installed `SKILL.md` is at this path; a command that reads it uses the skill.
    pub fn at(&self, path: &str) -> Option<&Skill> {
        let (_, rest) = path.rsplit_once(&self.cache)?;
        let (_version, relative) = rest.split_once('/')?;
        self.skills.iter().find(|skill| skill.enabled && skill.path == relative)
    }

    /// Skills that a call uses by reading their installed `SKILL.md`, as a model does that chooses a skill by itself:
    /// Codex 0.169 leaves no other sign of it. Each is told once, whether or not the model may choose it
    /// ([`Skill::implicit`]).
    pub fn read_by(&self, action: &Action<'_>) -> Vec<&Skill> {
        if self.skills.is_empty() {
            return Vec::new();
        }
        let mut used: Vec<&Skill> = Vec::new();
        for effect in action.effects().known.iter().filter(|effect| effect.access == Access::Read) {
            let Target::Path(path) = &effect.target else { continue };
            if let Some(skill) = self.at(path).filter(|skill| !used.contains(skill)) {
                used.push(skill);
            }
        }
        used
    }

    /// Skills that a prompt names as Codex 0.169 reads it: `$<plugin>:<skill>` as a whole token, case-sensitive.
    pub fn mentioned(&self, prompt: &str) -> Vec<&Skill> {
        let mut found: Vec<&Skill> = Vec::new();
        for (at, _) in prompt.match_indices('$') {
            let rest = &prompt[at + 1..];
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':')))
                .unwrap_or(rest.len());
            let token = rest[..end].trim_end_matches(':');
            if let Some(skill) =
                self.named(token).filter(|skill| !found.iter().any(|known| known.name == skill.name))
            {
                found.push(skill);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Command, Dialect, Shell};
    use crate::plugin::tests::Fixture;

    fn skills() -> Skills {
        let text = "---\ndescription: d\n---\n";
        let fixture = Fixture::new(&[("skills/rev/SKILL.md", text), ("skills/off/SKILL.md", text)])
            .config("[[skills.config]]\nname = \"p:off\"\nenabled = false\n");
        Skills::compile(&fixture.plugin().0, &mut Vec::new())
    }

    #[test]
    fn explicit_mentions() {
        let skills = skills();
        for (prompt, used) in [
            ("use $p:rev now", true),
            ("$p:rev", true),
            ("($p:rev), please: $p:rev", true),
            ("[$p:rev](skill://x)", true),
            ("$p:rev: go", true),
            ("$rev", false),
            ("@p", false),
            ("$P:REV", false),
            ("$p:rev5", false),
            ("$p:rev-x", false),
            ("$p:off", false),
            ("p:rev", false),
        ] {
            let found: Vec<_> = skills.mentioned(prompt).iter().map(|skill| skill.name.as_str()).collect();
            assert_eq!(found, if used { vec!["p:rev"] } else { vec![] }, "{prompt}");
        }
    }

    #[test]
    fn reading_the_installed_file_is_use() {
        let skills = skills();
        let at = |path: &str| skills.at(path).map(|skill| skill.name.as_str());
        let home = "/home/u/.codex/plugins/cache";
        assert_eq!(at(&format!("{home}/m/p/1.0.0/skills/rev/SKILL.md")), Some("p:rev"));
        assert_eq!(at(&format!("{home}/m/p/2.0.0-rc.1/skills/rev/SKILL.md")), Some("p:rev"));
        assert_eq!(at(&format!("{home}/m/q/1.0.0/skills/rev/SKILL.md")), None);
        assert_eq!(at(&format!("{home}/m/p/1.0.0/skills/off/SKILL.md")), None);
        assert_eq!(at(&format!("{home}/m/p/1.0.0/skills/rev/other.md")), None);
        assert_eq!(at("/ws/skills/rev/SKILL.md"), None);
    }

    #[test]
    fn commands_that_read_the_installed_file_use_the_skill() {
        let skills = skills();
        let folder = "/home/u/.codex/plugins/cache/m/p/1.0.0/skills/rev";
        for (script, used) in [
            (format!("cat {folder}/SKILL.md"), true),
            (format!("sed -n '1,80p' {folder}/SKILL.md"), true),
            (format!("cd {folder} && head -50 SKILL.md && cat SKILL.md"), true),
            (format!("cat '{folder}/SKILL.md' | less"), true),
            (format!("cat {folder}/other.md"), false),
            (format!("rm {folder}/SKILL.md"), false),
            (format!("echo {folder}/SKILL.md"), false),
            ("cat SKILL.md".to_owned(), false),
        ] {
            let text = script.as_str().into();
            let action = Action::Shell(Shell::new(Command::Script { dialect: Dialect::Posix, text }));
            let found: Vec<_> = skills.read_by(&action).iter().map(|skill| skill.name.as_str()).collect();
            assert_eq!(found, if used { vec!["p:rev"] } else { vec![] }, "{script}");
        }
        let image = Action::ViewImage(format!("{folder}/logo.png").into());
        assert!(skills.read_by(&image).is_empty());
    }

    #[test]
    fn a_plugin_that_is_off_has_no_skills() {
        let fixture = Fixture::new(&[("skills/rev/SKILL.md", "---\ndescription: d\n---\n")])
            .config("features.plugins = false\n");
        assert!(Skills::compile(&fixture.plugin().0, &mut Vec::new()).all().is_empty());
    }

    #[test]
    fn two_skills_of_one_name_are_told() {
        let text = "---\nname: same\ndescription: d\n---\n";
        let fixture = Fixture::new(&[("skills/a/SKILL.md", text), ("skills/b/SKILL.md", text)]);
        let mut findings = Vec::new();
        Skills::compile(&fixture.plugin().0, &mut findings);
        assert_eq!(
            findings[0].to_string(),
            "plugin/skills/b/SKILL.md:1:1: the skill `p:same` is also written at plugin/skills/a/SKILL.md:1:1 \
             (rename one of them)"
        );
    }
}
