//! PowerShell and cmd, read coarsely.

use std::borrow::Cow;

use super::line;
use crate::action::{Command, Dialect, Shell};

#[rustfmt::skip]
const POWERSHELL: &[(&str, &str)] = &[
    ("Get-Content a.txt", "r a.txt"),
    ("gc .\\src\\main.rs", "r ./src/main.rs"),
    ("cat a b", "r a | r b"),
    ("Get-Content -Path a.txt -TotalCount 5", "r a.txt"),
    ("type C:\\Users\\me\\x.txt", "r /C:/Users/me/x.txt"),
    ("Get-ChildItem", "r ."),
    ("ls -Recurse src", "r src/..."),
    ("dir", "r ."),
    ("gci -Path src -Filter *.rs", "r src"),
    ("Set-Content -Path out.txt -Value hi", "w out.txt"),
    ("'hi' | Out-File out.txt", "w out.txt"),
    ("echo hi > out.txt", "w out.txt"),
    ("Get-Content a | Select-Object -First 3", "r a"),
    ("Remove-Item -Recurse -Force build", "w build/..."),
    ("rm x", "w x"),
    ("Copy-Item a b", "r a | w b"),
    ("cp -Path a -Destination b", "r a | w b"),
    ("Move-Item a b", "r a | w a | w b"),
    ("Rename-Item a b", "r a | w a | w b"),
    ("New-Item -ItemType File -Path x", "w x"),
    ("mkdir d", "w d"),
    ("Select-String -Pattern foo -Path *.cs", "r <*.cs>"),
    ("sls foo a.txt", "r a.txt"),
    ("Invoke-WebRequest -Uri https://example.com/x -OutFile y", "@ example.com | w y"),
    ("iwr https://example.com", "@ example.com"),
    ("irm https://api.example.com/v1", "@ api.example.com"),
    ("curl https://example.com", "@ example.com"),
    ("git status", "r .git/..."),
    ("git add .; git commit -m 'x'", "r ./... | w .git/..."),
    ("cd sub; cat x", "r sub/x"),
    ("Set-Location sub; Get-Content x", "r sub/x"),
    ("$x = 1", "?unreadable"),
    ("Get-Content $path", "?expansion"),
    ("Get-Content $env:HOME\\x", "?expansion"),
    ("if (Test-Path a) { cat a }", "?unreadable"),
    ("foreach ($f in ls) { cat $f }", "?unreadable"),
    ("Get-ChildItem | ForEach-Object { $_.Name }", "r . | ?unreadable"),
    ("& 'tool.exe' x", "?program tool.exe"),
    ("Write-Output \"a b\"", ""),
    ("Test-Path x", ""),
    ("cargo test", "w target/... | ?program cargo"),
    ("python x.py", "r x.py | ?code python"),
    ("unknown-thing x", "?program unknown-thing"),
    ("cat 'a b', c", "r a b | r c"),
    ("Get-Content a 2>$null", "r a"),
    ("Get-Content a 2>&1", "r a"),
    ("[IO.File]::ReadAllText('x')", "?unreadable"),
    ("powershell -File x.ps1", "r x.ps1 | ?unreadable"),
    ("Invoke-Expression 'cat x'", "?program Invoke-Expression"),
    ("cat a # comment", "r a"),
    ("Get-Date", ""),
    ("rg foo src", "r src/..."),
];

#[rustfmt::skip]
const CMD: &[(&str, &str)] = &[
    ("type a.txt", "r a.txt"),
    ("type C:\\x\\y.txt", "r /C:/x/y.txt"),
    ("dir", "r ."),
    ("dir /s src", "r src/..."),
    ("copy a b", "r a | w b"),
    ("move a b", "r a | w a | w b"),
    ("del /q x", "w x"),
    ("rd /s /q build", "w build/..."),
    ("mkdir d", "w d"),
    ("echo hi > f", "w f"),
    ("findstr /n foo a.txt", "r a.txt"),
    ("cd sub && type x", "r sub/x"),
    ("type %USERPROFILE%\\x", "?expansion"),
    ("if exist x type x", "?unreadable"),
    ("for %f in (*) do type %f", "?unreadable"),
    ("git status & dir", "r .git/... | r ."),
    ("set A=b", ""),
    ("unknown x", "?program unknown"),
    ("curl https://example.com", "@ example.com"),
    ("echo (x)", "?unreadable"),
];

fn check(dialect: Dialect, rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let command = Command::Script { dialect, text: Cow::Borrowed(text) };
        let shell = Shell::new(command);
        assert_eq!(line(&super::super::effects(&shell).effects), *expected, "{text:?}");
    }
}

#[test]
fn powershell() {
    check(Dialect::PowerShell, POWERSHELL);
}

#[test]
fn cmd() {
    check(Dialect::Cmd, CMD);
}
