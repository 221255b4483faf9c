"""The house rules that no compiler and no formatter checks; prints each violation as FILE:LINE."""

import os
import re
import subprocess
import sys

TOP_LEVEL = {"Package.swift", "Sources", "Tests", "README.md", "formats", "tools"}
PURE = {"Mail": set(), "Protocols": {"Mail"}}  # target: what it may import
LONGEST_FILE = 400

IMPORT = re.compile(r"^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|func|var)\s+)?(\w+)")
# Foundation's Process waits for a descriptor that other children may have inherited.
FORBIDDEN = re.compile(r"\btry!|\bas!|\.package\(|(?<![.\w])Process\(\)")
DECLARATION = re.compile(r"^\s*(?:@[\w.]+(?:\([^)]*\))?\s+)*(?:\w+\s+)*?package\s+(?!import\b|extension\b)\w")

# What a protocol of the standard library asks for says nothing beyond that protocol.
WITNESS = re.compile(
    r"package (?:static func (?:==|<) |func hash\(into |mutating func next\(\)|(?:let|var) (?:rawValue|description|debugDescription):"
    r"|init\(rawValue:|init\(arrayLiteral )"
)
ASSIGNMENT = re.compile(r"\s*(?:self\.)?\w+ = \w+\s*")

violations = []


def report(path, number, text):
    violations.append(f"{path}:{number}: {text}")


def swift_files(top):
    for directory, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith(".swift"):
                yield os.path.join(directory, name)


def is_documented(lines, index):
    """Whether a `///` stands above the declaration, with only attributes between the two."""
    index -= 1
    while index >= 0 and re.match(r"\s*(@|//(?!/))", lines[index]):
        index -= 1
    return index >= 0 and lines[index].lstrip().startswith("///")


def is_plain_init(lines, index):
    """Whether it is an initialiser that only gives values to properties, which have their own `///`."""
    if not re.match(r"\s*package init\(", lines[index]):
        return False
    text = "\n".join(lines[index : index + 40])
    match = re.match(r"\s*package init\([^{]*\{([^{}]*)\}", text)
    if not match:
        return False
    return all(ASSIGNMENT.fullmatch(line) for line in match[1].split("\n") if line.strip())


def needs_no_words(lines, index):
    return bool(WITNESS.search(lines[index])) or is_plain_init(lines, index)


def check_source(path):
    parts = path.split(os.sep)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    in_sources = parts[0] == "Sources"
    is_shared = in_sources or path.startswith(os.path.join("Tests", "TestSupport"))
    if in_sources and len(lines) - 1 > LONGEST_FILE:
        report(path, len(lines) - 1, f"longer than {LONGEST_FILE} lines")
    in_string = False
    for index, line in enumerate(lines):
        # Text in a multi-line string is no code.
        if line.count('"""') % 2:
            in_string = not in_string
            continue
        if in_string:
            continue
        imported = IMPORT.match(line)
        if imported and in_sources and parts[1] in PURE and imported[1] not in PURE[parts[1]]:
            report(path, index + 1, f"{parts[1]} must not import {imported[1]}")
        code = re.sub(r'"(?:\\.|[^"\\])*"', '""', line.split("//")[0])
        if FORBIDDEN.search(code):
            report(path, index + 1, f"forbidden: {FORBIDDEN.search(code)[0]}")
        declares = DECLARATION.match(line) and not needs_no_words(lines, index)
        if declares and is_shared and not is_documented(lines, index):
            report(path, index + 1, "package declaration without ///")


def check_top_level():
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=False)
    names = tracked.stdout.decode().split("\0") if tracked.returncode == 0 else os.listdir(".")
    for name in sorted({name.split("/")[0] for name in names if name}):
        if name not in TOP_LEVEL and not name.startswith("."):
            report(name, 1, "does not belong to the top level")


check_top_level()
for source in [path for top in ("Sources", "Tests") for path in swift_files(top)] + ["Package.swift"]:
    if os.path.exists(source):
        check_source(source)
print("\n".join(violations), end="\n" if violations else "")
sys.exit(1 if violations else 0)
