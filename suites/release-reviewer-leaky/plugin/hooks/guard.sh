#!/bin/sh
# PreToolUse guard: a reviewer opens no secret file and runs no deploy script.
# In: the hook's JSON on stdin. Out: exit 0 and silence, or exit 2 with the reason on stderr.
# Needs sh, cat and awk alone. What cannot be read is stopped, not let through.

input=$(cat)

# Most calls name none of these words, in clear or as a \u escape: nothing to look at.
case $input in
  *.env* | *.pem* | *secrets* | *deploy* | *\\u*) ;;
  *) exit 0 ;;
esac

reason=$(printf '%s' "$input" | LC_ALL=C awk '
# --- a small JSON reader: the value of one key, as text -----------------------------------------------------------
# Walks the text once. key[d] is the last key seen at depth d, so tool_input.command is key[1] and key[2].
function hex(s,   i, n) {
  n = 0
  for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
  return n
}
function read_string(   out, c, n) {            # at the opening quote; leaves pos behind the closing one
  out = ""
  for (pos++; pos <= size; pos++) {
    c = substr(text, pos, 1)
    if (c == "\"") { pos++; return out }
    if (c == "\\") {
      c = substr(text, ++pos, 1)
      if (c == "n" || c == "r" || c == "t" || c == "b" || c == "f") c = (c == "n" ? "\n" : " ")
      else if (c == "u") {
        n = hex(substr(text, pos + 1, 4)); pos += 4
        c = n == 10 ? "\n" : n > 31 && n < 127 ? sprintf("%c", n) : "?"
      }
    }
    out = out c
  }
  broken = 1
  return out
}
function read_call(   c, depth, value) {
  depth = 0
  for (pos = 1; pos <= size; ) {
    c = substr(text, pos, 1)
    if (c == "{" || c == "[") { depth++; key[depth] = ""; naming[depth] = (c == "{"); named[depth] = naming[depth]; pos++ }
    else if (c == "}" || c == "]") { depth--; pos++ }
    else if (c == ",") { naming[depth] = named[depth]; pos++ }
    else if (c == ":") { naming[depth] = 0; pos++ }
    else if (c == "\"") {
      value = read_string()
      if (naming[depth]) key[depth] = value
      else if (depth == 1 && key[1] == "tool_name") tool = value
      else if (depth == 2 && key[1] == "tool_input" && key[2] == "command") { command = value; found = 1 }
    }
    else pos++
  }
  if (depth != 0) broken = 1
}
# --- what is guarded --------------------------------------------------------------------------------------------
function is_secret(path,   name) {
  sub(/^[0-9A-Za-z_.~^\/-]+:/, "", path)           # a revision: HEAD:.env
  sub(/^.*=/, "", path)                            # dd if=.env
  name = path; sub(/^.*\//, "", name)
  if (name ~ /^\.env\.(example|sample|template)$/) return 0
  return name ~ /^\.env(\.|$)/ || name ~ /\.pem$/ || path ~ /(^|\/)secrets(\/|$)/
}
function is_deploy(path) { return path ~ /(^|\/)deploy\/[^\/]*\.sh$/ }
function stop(why) { print why; done = 1; exit }

# A patch: only the files that it names count, not the words in it.
function look_at_patch(   n, i, line, part) {
  n = split(command, part, "\n")
  for (i = 1; i <= n; i++) {
    line = part[i]
    if (sub(/^\*\*\* (Add File|Update File|Delete File|Move to): */, "", line) && is_secret(line))
      stop("secret file " line " is not for a reviewer to edit")
  }
}
# A command: every word may be a secret path; a word in command position, or the file given to a shell, may be a deploy script.
function look_at_command(   n, i, word, first, shell, rest) {
  rest = command
  gsub(/["\047\\]/, "", rest)
  gsub(/\n|&&|\|\||[;|&(){}`]/, " \001 ", rest)
  gsub(/[<>]/, " ", rest)
  n = split(rest, part, /[ \t]+/)
  first = 1; shell = 0
  for (i = 1; i <= n; i++) {
    word = part[i]
    if (word == "") continue
    if (word == "\001" || word == "$") { first = 1; shell = 0; continue }
    if (word !~ /^--exclude/ && is_secret(word)) stop("secret file " word " is not for a reviewer to read; see .env.example for the names")
    if (first) {
      if (word ~ /^[A-Za-z_][A-Za-z0-9_]*=/ || word ~ /^(sudo|env|exec|nohup|time|command|then|do|else|if|while|!)$/) continue
      if (is_deploy(word)) stop("deploy script " word " is run by the release captain alone")
      shell = word ~ /(^|\/)(sh|bash|dash|zsh|ksh|source|\.)$/
      first = 0
    } else if (shell) {
      if (word == "-n") { shell = 0; continue }    # sh -n: checks the syntax, runs nothing
      if (is_deploy(word)) stop("deploy script " word " is run by the release captain alone")
      if (word ~ /^-[a-z]*c$/) { first = 1; shell = 0; continue }
      if (word !~ /^-/) shell = 0
    }
  }
}
{ text = text (NR > 1 ? "\n" : "") $0 }
END {
  if (done) exit
  size = length(text)
  read_call()
  if (broken) { print "the call could not be read"; exit }
  if (!found) exit
  if (tool == "apply_patch") look_at_patch(); else look_at_command()
}') || reason="the guard itself failed"

[ -z "$reason" ] && exit 0
printf 'release-reviewer: %s' "$reason" >&2
exit 2
