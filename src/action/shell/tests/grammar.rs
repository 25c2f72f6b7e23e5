//! What the shell's own language does: folders, variables, redirections, nested scripts.

use super::check;

#[rustfmt::skip]
const FOLDERS: &[(&str, &str)] = &[
    ("cd a && cd - && cat x", "r x"),
    ("cd a && cd b && cd - && cat x", "r a/x"),
    ("(cd a); cd - && cat x", "?expansion"),
    ("case \"$HOME\" in /*) cat x;; *) cat y;; esac", "r x"),
    ("case $HOME in /root) cat x;; esac", "if r x"),
    ("cat \"$(dirname a/b)\"/x $(basename c/d)", "r a/x | r d"),
    ("f=a/b.md; cat ${f%.md} ${f##*/} ${f%/*} ${f#a/}", "r a/b | r b.md | r a"),
    ("f=a; cat ${f%\"$x\"}", "?expansion"),
    ("for ((i = 0; i < 2; i++)); do cat x$i; done", "r <x*>"),
    ("set -- a b; cat $2", "r b"),
    ("bash -c 'cat \"$1\"' _ a", "r a"),
    ("bash -n x", "r x"),
    ("cd sub && cat x", "r sub/x"),
    ("cd sub; cat x", "r sub/x"),
    ("cd sub || exit 1; cat x", "r sub/x"),
    ("cd a && cd b && cat x", "r a/b/x"),
    ("cd /abs && cat x", "r /abs/x"),
    ("cd ~ && cat x", "r ~/x"),
    ("cd && cat x", "r ~/x"),
    ("cd - && cat x", "?expansion"),
    ("cd \"$D\" && cat x", "?expansion"),
    ("cd ../x && cat y", "r ../x/y"),
    ("cd sub && cat /etc/x ~/y", "r /etc/x | r ~/y"),
    ("(cd sub; cat x); cat y", "r sub/x | r y"),
    ("(cd sub && cat x) && cat y", "r sub/x | r y"),
    ("{ cd sub; cat x; }; cat y", "r sub/x | r sub/y"),
    ("cd sub & cat x", "r x"),
    ("cd sub | cat; cat x", "r x"),
    ("if [ -d a ]; then cd a; fi; cat x", "?expansion"),
    ("if a; then cat x; else cat y; fi", "r x | if r y | ?program a"),
    ("if true; then cat x; else cat y; fi", "r x"),
    ("if false; then cat x; elif true; then cat y; else cat z; fi", "r y"),
    ("if false; then cat x; elif false; then cat y; else cat z; fi", "r z"),
    ("if grep -q a f; then cat x; elif test -e b; then cat y; fi; cat z", "r f | r z | if r x | if r y"),
    ("if ! [ -e f ]; then cat x; fi", "if r x"),
    ("[ -d a ] || cd b; cat x", "?expansion"),
    ("pushd a && cat x && popd && cat y", "r a/x | r y"),
    ("popd; cat x", "?expansion"),
    ("cd \"$(pwd)/a\" && cat x", "r ./a/x"),
    ("cd `pwd` && cat x", "r ./x"),
];

#[rustfmt::skip]
const SUBSTITUTIONS_AND_VARIABLES: &[(&str, &str)] = &[
    ("cat \"$(echo x)\"", "r x"),
    ("cat $(ls)", "r names . | ?expansion"),
    ("echo $(cat x)", "r x"),
    ("echo `cat x`", "r x"),
    ("X=$(cat y); echo $X", "r y"),
    ("X=a; cat $X", "r a"),
    ("X=a; cat \"$X/b\"", "r a/b"),
    ("X=\"a b\"; cat $X", "r a | r b"),
    ("X=\"a b\"; cat \"$X\"", "r a b"),
    ("D=dir; cd $D && cat x", "r dir/x"),
    ("X=a X=b; cat $X", "r b"),
    ("X=a; (X=b; cat $X); cat $X", "r b | r a"),
    ("if a; then X=b; fi; cat $X", "?program a"),
    ("X=~/a; cat $X", "r ~/a"),
    ("X='~/a'; cat $X", "r ./~/a"),
    ("cat '~/a'", "r ./~/a"),
    ("cat \"$X\"", "?expansion"),
    ("cat $X/a", "?expansion"),
    ("cat a-$$.log", "r <a-*.log>"),
    ("cat log-$(date +%F).txt", "r <log-*.txt>"),
    ("cat ${X:-y}", "?expansion"),
    ("cat \"${X%.*}\"", "?expansion"),
    ("read X; cat $X", "?expansion"),
];

#[rustfmt::skip]
const COMPOUNDS: &[(&str, &str)] = &[
    ("for f in a b; do cat $f; done", "r a | r b"),
    ("for f in *.rs; do cat $f; done", "r <*.rs>"),
    ("for f in $(ls); do cat $f; done", "r names . | ?expansion"),
    ("for f in a b; do cat \"$f.rs\"; done", "r a.rs | r b.rs"),
    ("for i in 1 2 3; do echo $i; done", ""),
    ("while read -r l; do echo \"$l\"; done < f", "r f"),
    ("while true; do cat x; break; done", "r x"),
    ("until cat x; do sleep 1; done", "r x"),
    ("case $x in a) cat y;; *) cat z;; esac", "if r y | if r z"),
    ("case b in a) cat x;; b | c) cat y;; *) cat z;; esac", "r y"),
    ("case a.md in *.md) cat x;; *) cat z;; esac", "r x"),
    ("case a in a) cat x;;& *) cat z;; esac", "if r x | if r z"),
    ("f() { cat x; }; f", "r x"),
    ("function g { rm y; }; g", "if w y"),
    ("f() { cat \"$1\"; }; f a", "r a"),
    ("f() { cat \"${2}\"; }; f a b c", "r b"),
    ("f() { cat \"$2\"; }; f a", "?expansion"),
    ("f() { cat \"$1\"; }; f a; cat \"$1\"", "r a | ?expansion"),
    ("f() { cat x; }; echo defined", ""),
    ("f() { return; cat x; }; f; cat y", "r y"),
    ("f() { f; cat x; }; f", "r x | ?complex"),
    ("f() { exit; }; f; cat y", ""),
    ("! cat x", "r x"),
    ("cat x &", "r x"),
    ("cat x & cat y", "r x | r y"),
];

#[rustfmt::skip]
const CONDITIONS: &[(&str, &str)] = &[
    ("true || cat x", ""),
    ("false && cat x", ""),
    ("false || cat x", "r x"),
    ("false && cat x || cat y", "r y"),
    ("! true && cat x", ""),
    ("! false && cat x", "r x"),
    ("a && cat x", "r x | ?program a"),
    ("a || cat x", "if r x | ?program a"),
    ("echo a || cat x", ""),
    ("cat a || cat x", "r a | if r x"),
    ("grep -q a f && cat x | cat y", "r f | if r x | if r y"),
    ("false && cat x | tee y", ""),
    ("[ a = a ] && cat x", "r x"),
    ("[ \"a\" != 'a' ] && cat x", ""),
    ("[ 2 -gt 1 ] && cat x", "r x"),
    ("[[ -z '' ]] && cat x", "r x"),
    ("[ -n \"$HOME\" ] && cat x", "r x"),
    ("[ -n \"$OTHER\" ] && cat x", "if r x"),
    ("[ -n \"$OTHER\" -a a = b ] && cat x", ""),
    ("[[ a == a || -f f ]] && cat x", "r x"),
    ("test -f f || exit 1; cat x", "if r x"),
    ("test -f f || { echo no; exit 1; }; cat x", "if r x"),
    ("cd d || exit 1; cat x", "r d/x"),
    ("exit 0; cat x", ""),
    ("(exit 0; cat x); cat y", "r y"),
    ("exit 0 | cat; cat x", "r x"),
    ("exec cat x; cat y", "r x"),
    ("exec 2>&1; cat y", "r y"),
    ("while false; do cat x; done", ""),
    ("until true; do cat x; done", ""),
    ("until false; do cat x; done", "r x"),
    ("while [ -e f ]; do cat x; done", "if r x"),
    ("for i in 1 2; do [ -e f ] && break; cat x; done; cat y", "r y | if r x"),
    ("for i in 1 2; do break; cat x; done; cat y", "r y"),
    ("x=1; if [ $x -eq 1 ]; then cat a; else cat b; fi", "r a"),
    ("mkdir -p d && cat x", "r x | if w d"),
    ("mkdir d", "if w d"),
    ("sh <<'E'\ncat x\nE", "r x"),
    ("sh <<< 'cat x'", "r x"),
    ("sh <<E\ncat $x\nE", "?code sh"),
    ("eval 'cat x'; cat y", "r x | r y"),
    ("eval 'cd d'; cat y", "r y | ?code eval"),
    ("alias ll=ls; cat x", "r x"),
    ("shopt -s expand_aliases; cat x", "r x | ?program alias"),
    ("sudo -uroot cat x", "r x"),
    ("sudo -nu root cat x", "r x"),
];

#[rustfmt::skip]
const FOUND: &[(&str, &str)] = &[
    ("find d -delete", "r names d/... | w d/..."),
    ("find d -name '*.o' -delete", "r names d/... | w d/.../*.o"),
    ("find . -name a -o -name b -delete", "r names ./... | w ./.../a | w ./.../b"),
    ("find . -name '*.o' -newer f -delete", "r names ./... | r f | if w ./.../*.o"),
    ("find . ! -name '*.o' -delete", "r names ./... | if w ./..."),
    ("find . -mtime +3 -delete", "r names ./... | if w ./..."),
    ("find d -name x -exec rm {} +", "r names d/... | w d/.../x"),
    ("find . -path ./.git -prune -o -name x -delete", "r names ./... | w ./.../x"),
    ("cd e && find d -name x -delete", "r names e/d/... | w e/d/.../x"),
    ("find / -name x -delete", "r names //... | w //.../x"),
];

#[rustfmt::skip]
const REDIRECTIONS: &[(&str, &str)] = &[
    ("cat a > b", "w b | r a"),
    ("cat a >> b", "w b | r a"),
    ("cat a 2> b", "w b | r a"),
    ("cat a &> b", "w b | r a"),
    ("cat a > b 2>&1", "w b | r a"),
    ("cat a 2>/dev/null", "r a"),
    ("cat a >& b", "w b | r a"),
    ("cat a >| b", "w b | r a"),
    ("> b", "w b"),
    (": > b", "w b"),
    ("cat <<EOF > f\nhi\nEOF", "w f"),
    ("cat > f <<'EOF'\nhi\nEOF", "w f"),
    ("cat <<EOF\nhi\nEOF", ""),
    ("cat <<< x", ""),
    ("cat <<< \"$(cat y)\"", "r y"),
    ("{ cat a; cat b; } > out", "w out | r a | r b"),
    ("(cat a; cat b) > out", "w out | r a | r b"),
    ("for f in a; do cat $f; done > out", "w out | r a"),
    ("cat a | tee b | sort > c", "r a | w b | w c"),
    ("exec > out", "w out"),
    ("exec 3< in", "r in"),
    ("cat <(cat x)", "r x"),
    ("tee >(cat > y)", "w y"),
    ("cat a > \"$X\"", "r a | ?expansion"),
    ("cat a > $D/x", "r a | ?expansion"),
    ("cat a >$(echo b)", "w b | r a"),
    ("diff <(git show HEAD:f) f", "r .git/... | r f"),
    ("a=(1 2); cat ${a[0]}", "?expansion"),
    ("let x=1", ""),
    ("((x++))", ""),
    ("[[ -f a && $(cat b) ]]", "r b"),
    ("test -f \"$(cat b)\"", "r b"),
    ("echo ${A:-$(cat b)}", "r b"),
    ("echo $((1 + $(cat b)))", "r b"),
    ("coproc cat x", "r x"),
    ("select i in a; do cat x; done", "r x"),
];

#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    ("cat a\\ b", "r a b"),
    ("cat 'a b' \"c d\"", "r a b | r c d"),
    ("cat a\"b\"c", "r abc"),
    ("cat $'a\\tb'", "r a\tb"),
    ("cat \"a\\\"b\"", "r a\"b"),
    ("cat \"\\$X\"", "r $X"),
    ("cat \\$X", "r $X"),
    ("cat {a,b}{c,d}", "r ac | r ad | r bc | r bd"),
    ("cat a{b", "r a{b"),
    ("cat [ab].c", "r <[ab].c>"),
    ("cat \"*.c\"", "r *.c"),
    ("cat a?c", "r <a?c>"),
    ("cat -- -x", "r -x"),
    ("# comment", ""),
    ("cat x # comment", "r x"),
    ("cat x;", "r x"),
    ("cat x \\\n  y", "r x | r y"),
    ("cat 'unclosed", "?unreadable"),
    ("if x; then", "?program x"),
];

#[rustfmt::skip]
const SCRIPTS_IN_SCRIPTS: &[(&str, &str)] = &[
    ("cat x | bash", "r x | ?code bash"),
    ("bash < x", "r x | ?code bash"),
    ("bash <<< 'cat y'", "r y"),
    ("echo 'cat y' | sh", "?code sh"),
    ("echo; cat x", "r x"),
    ("true && cat x || cat y", "r x | if r y"),
    ("mkdir -p d && cd d && touch f && cd .. && cat x", "w d/f | r d/../x | if w d"),
    ("tmp=$(mktemp -d) && cd \"$tmp\" && touch f", "w /tmp/tmp.XXXXXXXXXX | w /tmp/tmp.XXXXXXXXXX/f"),
    ("cd \"$(git rev-parse --show-toplevel)\" && cat x", "r .git/... | ?expansion"),
    ("set -e; cd sub; cat x", "r sub/x"),
    ("export D=sub; cat $D/x", "r sub/x"),
    ("unset D; cat $D", ""),
    ("HOME=/x; cat ~/y", "r /x/y"),
    ("A=1 B=2 cat x", "r x"),
    ("echo \"a\" > f && cat f", "w f | r f"),
];

#[rustfmt::skip]
const FILES_FROM_PIPES: &[(&str, &str)] = &[
    ("find . -name '*.rs' | xargs grep foo", "r names ./... | r ./.../*.rs"),
    ("git ls-files | xargs wc -l", "r .git/... | r ./..."),
    ("rg -l foo src | xargs sed -i s/a/b/", "r src/... | r ./... | w ./..."),
    ("ls | while read f; do cat \"$f\"; done", "r names . | ?expansion"),
    ("bash -c \"bash -c 'cat x'\"", "r x"),
    ("ssh h.example 'cat x'", "@ h.example"),
    ("sudo sh -c 'cat x > y'", "w y | r x"),
    ("env -i bash -c 'cat x'", "r x"),
    ("timeout 5 bash -c 'cat x'", "r x"),
    ("find . -exec sh -c 'cat x' \\;", "r names ./... | r x"),
    ("printf 'a' | tee f >/dev/null", "w f"),
    ("cat f 1>&2", "r f"),
    ("cat f >&2", "r f"),
    ("kill %1", ""),
    ("cat a,b", "r a,b"),
    ("cat a:b", "r a:b"),
    ("cat @x", "r @x"),
    ("cat ./-", "r ./-"),
];

#[test]
fn folders() {
    check(FOLDERS);
}

#[test]
fn substitutions_and_variables() {
    check(SUBSTITUTIONS_AND_VARIABLES);
}

#[test]
fn compounds() {
    check(COMPOUNDS);
}

#[test]
fn conditions() {
    check(CONDITIONS);
}

#[test]
fn what_find_chooses() {
    check(FOUND);
}

#[test]
fn redirections() {
    check(REDIRECTIONS);
}

#[test]
fn words() {
    check(WORDS);
}

#[test]
fn scripts_in_scripts() {
    check(SCRIPTS_IN_SCRIPTS);
}

#[test]
fn what_a_process_sees_of_itself() {
    check(&[
        ("cat /proc/self/status", ""),
        ("echo x > /proc/self/comm", ""),
        ("echo x > /proc/self/fd/1", ""),
        ("cat /proc/self/cwd/a", "r a"),
        ("cd d && echo x > /proc/self/cwd/a", "w d/a"),
        ("touch /proc/self/root/etc/x", "w /etc/x"),
        ("cat /proc/1/environ", "r /proc/1/environ"),
        ("cat /proc/selfish", "r /proc/selfish"),
    ]);
}

#[test]
fn files_from_pipes() {
    check(FILES_FROM_PIPES);
}

#[test]
fn words_that_the_grammar_cuts() {
    check(&[
        ("cat $a.v$b?", "?expansion"),
        ("a=x b=y; cat $a.v$b?", "r <x.vy?>"),
        ("D=d X=x; cat $D/a$X.txt", "r d/ax.txt"),
        ("D=d X=x; (cat $D/a$X.txt)", "r d/ax.txt"),
    ]);
}
