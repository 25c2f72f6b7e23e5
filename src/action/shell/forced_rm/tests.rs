//! Commands with the verdict of the real CLI (Codex 0.169.0) on each.
//!
//! Asked through `codex exec`, whose policy is `never`: a forced removal comes back as "rm -f style commands are not
//! permitted", anything else runs in the read-only sandbox.

use std::borrow::Cow;

use super::has_forced_rm;
use crate::action::{Command, Dialect};

/// Taken for a forced removal.
#[rustfmt::skip]
const FOUND: &[&str] = &[
    "rm -f x", "rm -rf x", "rm -fr x", "rm -r -f x", "rm --force x", "rm -vf x", "rm -fv x", "rm x -f",
    "rm x -rf", "rm x --force", "rm -r x -f", "rm -f -- x", "rm -if x", "rm -Rf x", "rm -df x", "rm -rvf x",
    "rm --recursive --force x", "rm -f", "rm --force", "rm '-f' x", "rm \"-f\" x", "rm \"-rf\" x",
    "rm -'f' x", "rm -\"f\" x", "rm \"-r\"\"f\" x", "'rm' -f x", "\"rm\" -f x", "r'm' -f x", "\"r\"m -f x",
    "r\"\"m -f x", "/bin/rm -f x", "/usr/bin/rm -rf x", "./rm -f x", "../rm -f x", "bin/rm -f x",
    "rm -f $X", "rm -rf *", "rm -rf ~/X", "rm -rf \"$X\"", "rm -rf $(echo x)", "sudo rm -f x",
    "sudo env rm -f x", "sudo bash -c 'rm -f x'", "sudo sh -c 'rm -f x'", "sudo sudo rm -f x",
    "/usr/bin/sudo rm -f x", "\"sudo\" rm -f x", "env rm -f x", "env A=b rm -f x", "env -i rm -f x",
    "env -- rm -f x", "env A=b C=d rm -f x", "env 'A=b c' rm -f x", "env A=$B rm -f x",
    "/usr/bin/env rm -f x", "env bash -c 'rm -f x'", "env sudo rm -f x", "env -i A=b bash -lc 'rm -f x'",
    "env --ignore-environment rm -f x", "env A=b env C=d rm -f x", "trap 'rm -f x' EXIT",
    "source x; rm -f x", "unalias rm; rm -f x", "bash -c 'rm -f x'", "bash -lc 'rm -f x'",
    "bash -c \"rm -f x\"", "sh -c 'rm -f x'", "sh -lc 'rm -f x'", "zsh -c 'rm -f x'", "zsh -lc 'rm -f x'",
    "/bin/bash -c 'rm -f x'", "/bin/sh -c 'rm -f x'", "/usr/bin/zsh -lc 'rm -f x'",
    "bash -c \"bash -c 'rm -f x'\"", "bash -lc \"bash -lc 'rm -f x'\"", "cat <<EOF\n$(rm -f x)\nEOF",
    "cat <<EOF && rm -f x\nhi\nEOF", "cat <<EOF\nhi\nEOF\nrm -f x", "bash -c 'echo $(rm -f x)'",
    "bash -c 'if true; then rm -f x; fi'", "bash -c 'cd a && rm -f x'", "rm -f x; ls", "ls; rm -f x",
    "ls && rm -f x", "ls || rm -f x", "ls | rm -f x", "rm -f x | ls", "rm -f x &", "ls & rm -f x",
    "! rm -f x", "! ls || rm -f x", "(rm -f x)", "( cd a; rm -f x )", "{ rm -f x; }", "echo $(rm -f x)",
    "echo `rm -f x`", "echo \"$(rm -f x)\"", "echo \"`rm -f x`\"", "A=$(rm -f x)", "A=$(rm -f x) ls",
    "A=b rm -f x", "A=b C=d rm -f x", "A= rm -f x", "export A=$(rm -f x)", "rm -f x > /dev/null",
    "rm -f x 2>&1", "rm -f x 2>/dev/null || true", "> f rm -f x", "2>/dev/null rm -f x", "rm -f x < f",
    "rm -f x <<< a", "cat <(rm -f x)", "tee >(rm -f x)", "ls > $(rm -f x)", "if true; then rm -f x; fi",
    "if rm -f x; then ls; fi", "if false; then ls; else rm -f x; fi",
    "if false; then ls; elif rm -f x; then ls; fi", "for i in a; do rm -f $i; done",
    "for i in $(rm -f x); do ls; done", "for ((i=0;i<1;i++)); do rm -f x; done",
    "while false; do rm -f x; done", "while rm -f x; do break; done", "until true; do rm -f x; done",
    "case a in b) rm -f x;; esac", "case $(rm -f x) in b) ls;; esac", "select i in a; do rm -f x; done",
    "f() { rm -f x; }", "f() { rm -f x; }; f", "function f { rm -f x; }", "f() ( rm -f x )",
    "[ -f a ] && rm -f x", "[[ -f a ]] && rm -f x", "[[ $(rm -f x) ]]", "(( 1 )) && rm -f x",
    "echo $((1)); rm -f x", "echo ${A:-$(rm -f x)}", "rm -f x\n", "\nrm -f x", "ls\nrm -f x",
    "ls\r\nrm -f x", "rm\t-f x", "rm  -f  x", "rm \\\n-f x", "rm -f x;", "rm -f x fi", "done; rm -f x",
    "rm -f x ;; ls", "rm -f x }", "cd a; rm -f x", "cd a && rm -rf x && ls", "pushd a; rm -f x",
    "set -e; rm -f x", "set -e\nrm -f x", "true && { ls; rm -f x; }", "true && (ls; (rm -f x))",
    "rm -f x Y Z", "rm x Y -f", "rm -rfi x", "rm -f -i x", "rm -i -f x", "rm -rf / --no-preserve-root",
    "rm -rf /", "rm -rf .", "rm -rf ..", "rm --help -f", "rm --version --force", "rm -fX", "rm -f0 x",
    "rm -9f x", "rm -x-f x", "rm -a=f x", "rm -éf x", "rm - -f", "rm '' -f", "rm \"\" -f x", "rm -r=f x",
    "rm r -f f", "rm -rfF x", "exec > f; rm -f x", "rm -f;ls", "rm -f|ls", "rm -f&&ls", "rm -f&", "(rm -f)",
    "rm -f>f", "env $X rm -f q", "env $(ls) rm -f q", "env \"$X\" rm -f q", "env A=\"$B\" rm -f q",
    "env A=$(ls) rm -f q", "env A='b' rm -f q", "env A=b* rm -f q", "env 'A'=b rm -f q",
    "env \"A=$B\" rm -f q", "env =b rm -f q", "env 1=b rm -f q", "env A-B=c rm -f q", "env a.b=c rm -f q",
    "env -i -- rm -f q", "env -i -i rm -f q", "env A=b -i rm -f q", "env A=b -- rm -f q",
    "env A=b\\ c rm -f q", "env A=$B C=d rm -f q", "env $A=b rm -f q", "env A=~ rm -f q", "env *=b rm -f q",
    "env A={a,b} rm -f q", "env {A=b} rm -f q", "sudo $X rm -f q", "sudo A=$B rm -f q",
    "sudo sudo sudo rm -f q", "sudo /bin/rm -f q", "sudo 'rm' -f q", "sudo env A=b sudo rm -f q",
    "sudo bash -lc 'rm -f q'", "./sudo rm -f q", "trap \"rm -f q\" EXIT", "trap 'rm -f q' EXIT INT",
    "trap -- 'rm -f q' EXIT", "trap 'echo; rm -f q' 0", "trap 'rm -f q'", "trap 'rm -f \"$X\"' EXIT",
    "trap f EXIT; f() { rm -f q; }", "trap 'rm -rf \"$tmp\"' EXIT; tmp=$(mktemp -d)",
    "sudo trap 'rm -f q' EXIT", "env trap 'rm -f q' EXIT", "/bin/trap 'rm -f q' EXIT",
    "trap 'bash -c \"rm -f q\"' EXIT", "trap 'trap \"rm -f q\" EXIT' EXIT",
    "bash -c 'trap \"rm -f q\" EXIT'", "trap 'sudo rm -f q' EXIT", "trap 'rm -f q' $SIG",
    "trap 'rm -f q' EXIT; ls", "'trap' 'rm -f q' EXIT", "tr'ap' 'rm -f q' EXIT", "(trap 'rm -f q' EXIT)",
    "A=b trap 'rm -f q' EXIT", "trap 'rm -f q' EXIT > f", "trap -- 'rm -f q'", "rm $X -f", "rm \"$X\" -f",
    "rm -r\"$X\" -f", "rm -f\"\"", "rm -\"\"f q", "rm '-'f q", "rm \"-f\"x", "rm \"a\\\"b\" -f q",
    "rm \"-f\\n\"", "rm \"-\\f\" q", "rm ~ -f", "rm -f=x q", "rm -f,x", "rm -f:x", "rm -f!", "rm -f@",
    "rm -f%", "rm -f+", "rm -f.", "rm -f/", "rm -f-", "rm -f--", "rm -1f", "rm 1 -f", "rm --$X -f",
    "rm \\-- -f", "rm -\\- -f", "rm --force\"\" q", "rm --fo\"rce\" q", "rm {a,b} -f", "rm a{b,c} -f",
    "rm a=b -f", "rm a=$b -f", "rm =a -f", "rm = -f", "rm ] -f", "rm [a] -f", "rm } -f", "rm { -f",
    "rm ! -f", "rm * -f", "rm -f ! q", "rm a -f; b", "rm -f é", "/bin//rm -f q", "/rm -f q",
    "\"/bin/rm\" -f q", "'/x y/rm' -f q", "/bin/'rm' -f q", "A=b /bin/rm -f q", "A=$(ls) rm -f q",
    "A[0]=1 rm -f q", "A+=1 rm -f q", "A=(a b) rm -f q", "> f rm q -f", "rm q -f > f", "rm -f q >f >g",
    "<f rm -f q", "rm q <<< a -f", "rm -f q <<EOF\na\nEOF", "bash -c 'rm -f q' > f",
    "bash -c 'rm -f q' && ls", "bash -c 'rm -f q' $X", "bash -c \"rm -f q\"\"\"", "bash -c rm' -f q'",
    "bash -c \"rm -f 'q'\"", "bash -c 'rm -f $X'", "bash -c 'rm -f q\n'", "bash -c '\nls\nrm -f q'",
    "bash -c 'sudo rm -f q'", "bash -c 'env rm -f q'", "bash.exe -c 'rm -f q'", "./bash -c 'rm -f q'",
    "'bash' -c 'rm -f q'", "bash '-c' 'rm -f q'", "bash \"-lc\" 'rm -f q'", "bash -\"lc\" 'rm -f q'",
    "A=b bash -c 'rm -f q'", "rm -f q & wait", "sh -c 'sh -c \"rm -f q\"'", "sh -c \"sh -c 'rm -f q'\"",
    "cat <<EOF\nit's $(rm -f q)\nEOF", "cat <<EOF | rm -f q\na\nEOF", "cat <<EOF || rm -f q\na\nEOF",
    "cat <<EOF > f\na\nEOF\nrm -f q\n", "(cat <<EOF\na\nEOF\nrm -f q)",
    "if true; then cat <<EOF\na\nEOF\nrm -f q; fi", "rm -f q # <<EOF", "echo \"${A:-$(rm -f q)}\"",
    "echo \"$(echo \"$(rm -f q)\")\"", "echo $((`rm -f q`))", "echo $(( $(rm -f q) ))",
    "echo $[ $(rm -f q) ]", "A=`rm -f q`", "A=\"$(rm -f q)\"", "A=($(rm -f q))", "declare A=$(rm -f q)",
    "local A=$(rm -f q)", "readonly A=$(rm -f q)", "[ \"$(rm -f q)\" ]", "[[ a == $(rm -f q) ]]",
    "[[ a =~ $(rm -f q) ]]", "test \"$(rm -f q)\"", "case a in $(rm -f q)) ls;; esac",
    "for ((i=$(rm -f q);;)); do ls; done", "select i in $(rm -f q); do ls; done", "echo <(rm -f q)",
    "diff <(ls) <(rm -f q)", "echo a > >(rm -f q)", "cat < <(rm -f q)", "function f() { rm -f q; }",
    "f () { rm -f q; }", "f() if true; then rm -f q; fi", "{ rm -f q; } > f", "{ rm -f q; } | cat",
    "(rm -f q) | cat", "(rm -f q) > f", "if true; then rm -f q; fi > f", "while true; do rm -f q; done < f",
    "! (rm -f q)", "time (rm -f q)", "{rm -f q; }", "( (rm -f q) )", "$(rm -f q)", "`rm -f q`",
    "\"$(rm -f q)\"", "${X:=$(rm -f q)}", "ls |& rm -f q", "rm -f q |& ls", "ls & rm -f q &", "ls;rm -f q",
    "ls;; rm -f q", "rm -f q; }", "rm -f q; fi", "rm -f q; done", "rm -f q; esac", "then; rm -f q",
    "else; rm -f q", "fi; rm -f q", "} ; rm -f q", "]] ; rm -f q", "ls ]; rm -f q", "ls }; rm -f q",
    "ls {; rm -f q", "ls [; rm -f q", "ls ^; rm -f q", "echo a^b; rm -f q", "echo =; rm -f q",
    "echo =x; rm -f q", "echo == a; rm -f q", "echo a#b; rm -f q", "echo \"$\"; rm -f q",
    "echo $'a\\'b'; rm -f q", "echo $\"a\"; rm -f q", "echo \\\\; rm -f q", "echo 'a'\\''b'; rm -f q",
    "echo \"a\\\"b\"; rm -f q", "echo a\\ b; rm -f q", "find . \\( -name a \\) ; rm -f q",
    "find . \\( -name a \\) -exec ls {} \\; ; rm -f q", "find . -exec ls {} \\;; rm -f q",
    "echo !; rm -f q", "echo !!; rm -f q", "echo a!; rm -f q", "echo ?; rm -f q", "echo ~; rm -f q",
    "echo %; rm -f q", "echo {}; rm -f q", "echo {a}; rm -f q", "echo {a,b}; rm -f q",
    "echo {1..3}; rm -f q", "echo ,; rm -f q", "echo 1 2>f; rm -f q", "echo 2 > f; rm -f q", "1; rm -f q",
    "a=; rm -f q", "a=\"b c\" ; rm -f q", "a=b; rm -f $a", "a=(1 2); rm -f q", "a+=b; rm -f q",
    "a[1]=b; rm -f q", "export a; rm -f q", "export a=b c=d; rm -f q", "unset a; rm -f q",
    "let a=1; rm -f q", "((a++)); rm -f q", "[ a = b ]; rm -f q", "[ a == b ] && rm -f q",
    "[ -f a -a -f b ]; rm -f q", "[ ! -f a ]; rm -f q", "[[ a && b ]]; rm -f q", "[[ a =~ ^b$ ]]; rm -f q",
    "[[ a < b ]]; rm -f q", "case a in a|b) ls;; *) ls;; esac; rm -f q", "case a in (a) ls;; esac; rm -f q",
    "printf '%s\\n' a; rm -f q", "awk '{print $1}' f; rm -f q", "awk \"{print \\$1}\" f; rm -f q",
    "sed 's/a/b/' f; rm -f q", "sed s/a/b/ f; rm -f q", "grep -E 'a|b' f; rm -f q", "grep a\\|b f; rm -f q",
    "echo \"a\nb\"; rm -f q", "echo a \\\n b; rm -f q", "echo é; rm -f q", "exit; rm -f q",
    "return; rm -f q", "set -- a; rm -f q", "shopt -s x; rm -f q", ". ./f; rm -f q", "source f && rm -f q",
    "eval \"$(ls)\"; rm -f q", "exec 3<f; rm -f q", "exec 3>&1; rm -f q", "ls >&2; rm -f q",
    "ls >&-; rm -f q", "ls 2>&1 >f; rm -f q", "ls >|f; rm -f q", "ls &>>f; rm -f q", "ls {fd}>f; rm -f q",
    "cat <<<a; rm -f q", "cat <<< \"$a\" ; rm -f q", "read a; rm -f q",
    "while read a; do ls; done < f; rm -f q", "while IFS= read -r a; do rm -f \"$a\"; done",
    "until ls; do ls; done; rm -f q", "for i; do ls; done; rm -f q",
    "for i in {1..3}; do ls; done; rm -f q", "for i in *; do rm -f \"$i\"; done",
    "for i in a b\ndo\nrm -f q\ndone", "if ls\nthen\nrm -f q\nfi", "echo ${a}; rm -f q",
    "echo ${a:-b}; rm -f q", "echo ${a#b}; rm -f q", "echo ${a##*/}; rm -f q", "echo ${a%%.*}; rm -f q",
    "echo ${a/b/c}; rm -f q", "echo ${a//b/c}; rm -f q", "echo ${a:1:2}; rm -f q", "echo ${#a}; rm -f q",
    "echo ${!a}; rm -f q", "echo ${a[@]}; rm -f q", "echo ${a^^}; rm -f q", "echo ${a@Q}; rm -f q",
    "echo $1 $@ $* $# $? $$ $! $- $0; rm -f q", "echo $((1+2)); rm -f q", "echo $((a<<2)); rm -f q",
    "echo $[1+2]; rm -f q",
];

/// Not taken for one.
#[rustfmt::skip]
const MISSED: &[&str] = &[
    "rm x", "rm -r x", "rm -- -f", "rm -- x -f", "rm -i x", "rm -I x", "rm -ir x", "rm --f x", "rm --fo x",
    "rm --for x", "rm --forc x", "rm --force=true x", "rm --force= x", "rm --forced x", "rm -R x",
    "rm -F x", "rm -d x", "rm --recursive x", "rm --no-preserve-root x", "rm --one-file-system x", "rm",
    "rm \\-f x", "rm -\\f x", "rm -r\\f x", "\\rm -f x", "r\\m -f x", "RM -f x", "rm.exe -f x",
    "/bin/rm.exe -f x", "~/rm -f x", "$HOME/rm -f x", "grm -f x", "srm -f x", "rmdir -f x", "unlink x",
    "rm $F x", "rm -$F x", "rm ${F} x", "rm -f*", "rm $(echo -f) x", "rm `echo -f` x", "F=-f; rm $F x",
    "R=rm; $R -f x", "$(echo rm) -f x", "rm -{r,f} x", "rm {-r,-f} x", "rm $'-f' x", "sudo rm x",
    "sudo -u root rm -f x", "sudo -n rm -f x", "sudo -E rm -rf x", "sudo -- rm -f x",
    "sudo -u root -- rm -f x", "sudo A=b rm -f x", "sudo -k rm -f x", "sudo --user=root rm -f x",
    "sudo --user root rm -f x", "sudo -g root rm -f x", "sudo -H -u root rm -f x", "sudo -s rm -f x",
    "sudo -i rm -f x", "sudo -C 3 rm -f x", "sudo -p x rm -f x", "sudo -h host rm -f x", "sudo -b rm -f x",
    "sudo -nE rm -f x", "sudo -uroot rm -f x", "sudo -Eu root rm -f x", "sudo -D /tmp rm -f x",
    "sudo -R / rm -f x", "sudo -T 3 rm -f x", "sudo -r role rm -f x", "sudo -t type rm -f x",
    "sudo --chdir=/ rm -f x", "sudo --chdir / rm -f x", "sudo --preserve-env rm -f x",
    "sudo --preserve-env=PATH rm -f x", "sudo -l rm -f x", "sudo -v rm -f x", "sudo -e rm -f x",
    "env -u A rm -f x", "env -uA rm -f x", "env --unset=A rm -f x", "env --unset A rm -f x",
    "env -C /tmp rm -f x", "env --chdir=/ rm -f x", "env -S 'rm -f x'", "env -S rm -f x",
    "env --split-string='rm -f x'", "env - rm -f x", "env -0 rm -f x", "env -v rm -f x", "env -iv rm -f x",
    "env -a x rm -f x", "command rm -f x", "command -p rm -f x", "command -v rm -f x", "command -V rm -f x",
    "command -- rm -f x", "exec rm -f x", "exec -a x rm -f x", "exec -c rm -f x", "exec -l rm -f x",
    "exec -- rm -f x", "builtin rm -f x", "builtin command rm -f x", "nohup rm -f x", "timeout 1 rm -f x",
    "timeout -s KILL 1 rm -f x", "nice rm -f x", "nice -n 5 rm -f x", "ionice rm -f x", "time rm -f x",
    "time -p rm -f x", "/usr/bin/time rm -f x", "stdbuf -o0 rm -f x", "setsid rm -f x", "chroot / rm -f x",
    "unshare rm -f x", "busybox rm -f x", "toybox rm -f x", "doas rm -f x", "su -c 'rm -f x'",
    "xargs rm -f", "echo x | xargs rm -f", "echo x | xargs -n1 rm -f", "find zz -exec rm -f {} ;",
    "find zz -exec rm -f {} \\;", "find zz -exec rm -f {} +", "find zz -delete", "watch rm -f x",
    "parallel rm -f ::: x", "strace rm -f x", "flock l rm -f x", "script -c 'rm -f x'", "ssh h rm -f x",
    "docker run x rm -f x", "git rm -f x", "git rm -rf x", "git clean -fdx", "eval rm -f x",
    "eval 'rm -f x'", "eval \"rm -f x\"", "eval \"$(echo rm -f x)\"", "alias rm='rm -f'",
    "alias x='rm -f x'; x", "coproc rm -f x", "coproc N { rm -f x; }", "dash -c 'rm -f x'",
    "ksh -c 'rm -f x'", "fish -c 'rm -f x'", "bash -ec 'rm -f x'", "bash -e -c 'rm -f x'",
    "bash -xc 'rm -f x'", "bash -cx 'rm -f x'", "bash -c -e 'rm -f x'", "bash -l -c 'rm -f x'",
    "bash -i -c 'rm -f x'", "bash --norc -c 'rm -f x'", "bash --login -c 'rm -f x'",
    "bash -euo pipefail -c 'rm -f x'", "bash -o pipefail -c 'rm -f x'", "bash -O extglob -c 'rm -f x'",
    "bash +e -c 'rm -f x'", "bash -- -c 'rm -f x'", "bash -c -- 'rm -f x'", "bash -c 'rm -f x' a b",
    "bash -lc 'rm -f x' a", "bash -c 'rm \"$@\"' _ -f x", "bash -c 'bash -c \"bash -c \\\"rm -f x\\\"\"'",
    "bash -c rm", "bash -c", "bash rm -f x", "bash -s rm -f x", "bash -s <<< 'rm -f x'",
    "bash <<< 'rm -f x'", "bash <<EOF\nrm -f x\nEOF", "sh <<'EOF'\nrm -f x\nEOF", "echo 'rm -f x' | sh",
    "echo rm -f x | bash", "cat <<EOF\nrm -f x\nEOF", "cat <<'EOF'\n$(rm -f x)\nEOF",
    "bash -c \"rm -f $X\"", "bash -c \"$X; rm -f x\"", "bash -c $'rm -f x'", "bash -c 'echo \"rm -f x\"'",
    "powershell -c 'rm -f x'", "pwsh -c 'rm -Force x'", "pwsh -Command 'Remove-Item -Force x'",
    "cmd /c 'del /f x'", "python -c 'import os; os.system(\"rm -f x\")'", "perl -e 'system(\"rm -f x\")'",
    "node -e 'x(\"rm -f x\")'", "rm > f -f x", "echo \"${A:-`rm -f x`}\"", "time { rm -f x; }", "# rm -f x",
    "ls # rm -f x", "ls\n# rm -f x", "echo rm -f x", "echo 'rm -f x'", "echo \"rm -f x\"",
    "echo \"; rm -f x\"", "grep 'rm -f x' f", "printf 'rm -f x'", "rm -\\\nf x", "; rm -f x", "rm -f x )",
    "( rm -f x", "rm -f 'x", "if rm -f x", "rm -f x &&", "rm -f \"X", "rm -f x |", "$(rm -f x", "`rm -f x",
    "case a in rm -f x", "{ rm -f x", "echo 'a\nrm -f x", "[ rm -f x ]", "[[ rm -f x ]]", "test rm -f x",
    "echo a{rm,-f}", "rm --interactive=never x", "rm --interactive x", "rm -r -- -f", "rm -- -rf", "rm -h",
    "rm -é x", "rm ---force x", "rm ---f x", "rm -", "rm -- -- -f", "rm a=-f", "rm +f x", "rm -r f",
    "rm -v --verbose x", "rm --verbose x", "rm --preserve-root=f x", "rm -rv --dir x", "rm -vr x",
    "rm --prefix x", "rm --dirf x", "exec rm x -f", "nohup bash -c 'rm -f x'",
    "timeout 1 bash -c 'rm -f x'", "xargs bash -c 'rm -f x'", "find . -exec bash -c 'rm -f x' \\;",
    "nice sh -c 'rm -f x'", "env nice rm -f x", "sudo nice rm -f x", "sudo nohup rm -f x",
    "command sudo rm -f x", "command env rm -f x", "command bash -c 'rm -f x'", "exec bash -c 'rm -f x'",
    "exec sudo rm -f x", "time bash -c 'rm -f x'", "builtin eval 'rm -f x'", "then rm -f x", "do rm -f x",
    "else rm -f x", "rm-f x", "rm_ -f x", "xrm -f x", "rm -r>f -f", "rm -f#c", "rm #-f", "rm x#-f",
    "rm x # -f", "env -- A=b rm -f q", "env --i rm -f q", "env --ignore-env rm -f q",
    "env sudo -u x rm -f q", "env -i -u A rm -f q", "env", "env -i", "env A=b", "sudo", "sudo $'rm' -f q",
    "sudo r\\m -f q", "sudo env -u A rm -f q", "sudo.exe rm -f q", "SUDO rm -f q", "sudo -f rm q",
    "trap - EXIT", "trap -p 'rm -f q'", "trap -l", "trap \"rm -f $X\" EXIT", "trap rm EXIT",
    "trap rm\\ -f EXIT", "trap EXIT 'rm -f q'", "trap '' 'rm -f q'", "trap -- -- 'rm -f q' EXIT",
    "command trap 'rm -f q' EXIT", "builtin trap 'rm -f q' EXIT", "trap $'rm -f q' EXIT",
    "trap -x 'rm -f q' EXIT", "trap -lp 'rm -f q'", "trap 'rm q' EXIT", "\\trap 'rm -f q' EXIT",
    "trap -- rm", "rm \"$X\"-f", "rm -f\"$X\"", "rm -f$X", "rm \"\\-f\" q", "rm -f\\\\", "rm -f\\ ",
    "rm -f?", "rm -[f] q", "rm -f[a]", "rm -f~", "rm -~f", "rm -f^", "rm --force-x", "rm -- $X -f",
    "rm $X -- -f", "rm -$X -- -f", "rm \"--\" -f", "rm '--' -f", "rm --\"\" -f", "rm --force*",
    "rm -f{a,b}", "rm (a) -f", "$X rm -f q", "\"$X\" rm -f q", "$X/rm -f q", "\"$X/rm\" -f q",
    "\"$X\"/rm -f q", "~/bin/rm -f q", "~rm -f q", "*/rm -f q", "/bin/r? -f q", "{rm,-f,q}", "rm{,} -f q",
    "/bin/rm/ -f q", "rm/ -f q", "C:\\rm -f q", "'C:\\rm' -f q", "'a\\rm' -f q", "=rm -f q", "rm=1 -f q",
    "rm q > f", "rm q > f -f", "rm >f q", "rm <f -f q", "rm 2>&1 -f q", "rm q 2>&1 -f", "rm &>f -f q",
    "rm <<EOF -f q\na\nEOF", "rm q <<EOF -f\na\nEOF", "bash -c $X", "bash -c \"rm -f \\$X\"",
    "bash -c 'rm -f q )'", "bash -c '( rm -f q'", "bash -c '# rm -f q'", "BASH -c 'rm -f q'",
    "bash -cl 'rm -f q'", "bash -ic 'rm -f q'", "bash -lic 'rm -f q'", "bash -c '' 'rm -f q'",
    "rbash -c 'rm -f q'", "bash5 -c 'rm -f q'", "/usr/local/bin/bash-5 -c 'rm -f q'",
    "bash 2>/dev/null -c 'rm -f q'", "$SHELL -c 'rm -f q'", "nohup bash -c 'rm -f q' &", "ash -c 'rm -f q'",
    "csh -c 'rm -f q'", "busybox sh -c 'rm -f q'", "zsh -ic 'rm -f q'",
    "sh -c \"sh -c 'trap \\\"rm -f q\\\" EXIT'\"", "cat <<-EOF\n\t$(rm -f q)\n\tEOF",
    "cat <<\"EOF\"\n$(rm -f q)\nEOF", "cat <<\\EOF\n$(rm -f q)\nEOF", "cat <<EOF\n`rm -f q`\nEOF",
    "cat <<EOF; rm -f q\na\nEOF", "cat <<A <<B\na\nA\nb\nB\nrm -f q", "cat <<EOF\nno end\nrm -f q",
    "echo ${A:-`rm -f q`}", "echo \"`echo \"\\`rm -f q\\`\"`\"", "f() rm -f q", "! { rm -f q; }",
    "time -p { rm -f q; }", "{ rm -f q }", "((rm -f q))", "((rm -f q); ls)", "coproc { rm -f q; }",
    "coproc X { rm -f q; }", "ls ; ; rm -f q", "ls &; rm -f q", "&& rm -f q", "| rm -f q", "rm -f q ||",
    "rm -f q; )", ") ; rm -f q", "echo $; rm -f q", "echo a$; rm -f q", "echo \\; rm -f q",
    "echo @(a); rm -f q", "ls !(a); rm -f q", "ls *(a); rm -f q", "ls a*(b); rm -f q", "ls +(a); rm -f q",
    "case a in a) ls;& b) ls;;& esac; rm -f q", "ls <>f; rm -f q",
];

fn verdict(text: &str) -> bool {
    has_forced_rm(&Command::Script { dialect: Dialect::Posix, text: Cow::Borrowed(text) })
}

#[test]
fn forced_removals_are_found_as_by_the_real_cli() {
    let wrong: Vec<_> = FOUND.iter().filter(|text| !verdict(text)).collect();
    assert!(wrong.is_empty(), "missed {wrong:#?}");
}

#[test]
fn other_commands_are_passed_as_by_the_real_cli() {
    let wrong: Vec<_> = MISSED.iter().filter(|text| verdict(text)).collect();
    assert!(wrong.is_empty(), "found {wrong:#?}");
}

#[test]
fn programs_called_directly_are_judged_by_their_words() {
    let call = |words: &[&str]| {
        has_forced_rm(&Command::Argv(words.iter().map(|word| Cow::Borrowed(*word)).collect()))
    };
    assert!(call(&["rm", "-rf", "x"]));
    assert!(call(&["bash", "-lc", "ls; rm -f x"]));
    assert!(call(&["sudo", "rm", "--force", "x"]));
    assert!(!call(&["rm", "-r", "x"]));
    assert!(!call(&["echo", "rm", "-f"]));
    assert!(!call(&[]));
}
