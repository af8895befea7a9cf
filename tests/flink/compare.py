#!/usr/bin/env python3
"""Compares Sluice's Flink dialect with what Flink itself answers.

cases/*.sql are setup statements (CREATE, SET) and queries, each of which is a case; cases/*.expressions are setup, a
line `FROM table;`, and below it an expression a line, each computed for all rows of the table.

answers/NAME.jsonl are Flink's answers: the types and rows as its print connector writes them, or why it refused the
case or failed. Sluice must give the same rows, whatever their order, once changes are folded; must refuse what Flink
refuses; and gives NULL for a value, or no row, where Flink's job fails.

known.txt lists the cases that differ, with what Sluice says. A case that differs and is not there fails the test, and so
does one that is there and does not differ any more.

usage: compare.py [--sluice BINARY] [--record] [--verify] [--update] [--show] [NAME ...]
  --record   asks Flink (JDK 17 and Maven, which fetches it) for the cases that have no answer yet
  --verify   asks Flink again for all cases, and fails where its answers differ from those in answers/
  --update   writes known.txt
  --show     shows the differences that are known, too
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OPENED = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in
          ("java.lang", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util",
           "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.net.util")]


class Case:
    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


class Group:
    """The cases of a file."""

    def __init__(self, path):
        self.name, self.path = path.stem, path
        self.setup, self.settings, self.source, self.cases = [], {}, None, []
        expressions = path.suffix == ".expressions"
        statement, start = "", 0
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("--") or not line.strip():
                continue
            if expressions and self.source:
                self.cases.append(Case("expression", line.strip(), number))
                continue
            start = start if statement else number
            statement += line + "\n"
            if line.rstrip().endswith(";"):
                self.add(statement.strip()[:-1], start)
                statement = ""
        self.sql = [s.replace("${data}", str(HERE / "data")) for s in self.setup]

    def add(self, statement, line):
        setting = re.fullmatch(r"SET\s+'([^']*)'\s*=\s*'([^']*)'", statement)
        if setting:
            self.settings[setting.group(1)] = setting.group(2)
        elif statement.startswith("FROM "):
            self.source = statement[5:].strip()
        elif statement.startswith("CREATE "):
            self.setup.append(statement)
        else:
            self.cases.append(Case("query", statement, line))

    @property
    def answers_path(self):
        return HERE / "answers" / (self.name + ".jsonl")

    def answers(self):
        if not self.answers_path.exists():
            return {}
        lines = self.answers_path.read_text().splitlines()
        return {answer.pop("case"): answer for answer in map(json.loads, lines)}

    def write_answers(self, answers):
        with self.answers_path.open("w") as out:
            for case in self.cases:
                if case.text in answers:
                    out.write(json.dumps({"case": case.text, **answers[case.text]}, ensure_ascii=False) + "\n")


# ---- Flink

def classpath():
    peer = pathlib.Path(os.environ.get("SLUICE_FLINK_LIBRARIES", ROOT / "build/peers/flink-peer/libraries"))
    if not peer.exists():
        subprocess.run(["mvn", "-q", "-B", "-f", ROOT / "benchmarks/peers/flink/pom.xml", "package"], check=True)
    classes = ROOT / "build/flink-answers"
    classes.mkdir(parents=True, exist_ok=True)
    subprocess.run(["javac", "--release", "17", "-d", classes, "-cp", f"{peer}/*",
                    HERE / "src/main/java/sluice/flink/Answers.java"], check=True)
    return f"{classes}:{peer}/*"


def ask_flink(asked):
    """asked: [(group, cases)]; gives [{text: answer}]."""
    path = classpath()
    with tempfile.TemporaryDirectory() as folder:
        groups = [{"setup": g.sql, "settings": g.settings, "from": g.source,
                   "cases": [{c.kind: c.text} for c in cases]} for g, cases in asked]
        questions, out = pathlib.Path(folder, "groups.json"), pathlib.Path(folder, "answers.jsonl")
        questions.write_text(json.dumps(groups))
        subprocess.run(["java", "-Xmx900m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *OPENED,
                        "-Duser.timezone=UTC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", path,
                        "sluice.flink.Answers", questions, out], check=True,
                       env={k: v for k, v in os.environ.items() if k != "JAVA_TOOL_OPTIONS"})
        found = [{} for _ in asked]
        for line in out.read_text().splitlines():
            answer = json.loads(line)
            number, case = answer.pop("group"), answer.pop("case")
            found[number][asked[number][1][case].text] = answer
        return found


# ---- Sluice

CASES_IN_A_RUN = 24


def run_sluice(binary, group, cases):
    lines = ["SET 'sluice.sql.dialect' = 'flink';"]
    lines += [f"SET '{k}' = '{v}';" for k, v in group.settings.items()]
    lines += [s + ";" for s in group.sql]
    for number, case in enumerate(cases):
        select = f"SELECT {case.text} AS c FROM {group.source}" if case.kind == "expression" else case.text
        name = f"answer{number}"
        lines.append(f"CREATE TABLE {name} WITH ('connector' = 'print', 'print-identifier' = '{name}') AS {select};")
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "case.sql")
        script.write_text("\n".join(lines))
        try:
            return subprocess.run([binary, "run", "--quiet", script], capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return None


def ask_sluice(binary, group, cases):
    """What Sluice answers to each of the cases; they are run together, and the halves again when that fails."""
    done = run_sluice(binary, group, cases)
    if done and done.returncode == 0:
        rows = [[] for _ in cases]
        for line in done.stdout.splitlines():
            found = re.match(r"answer(\d+)> (.*)", line)
            if found:
                rows[int(found.group(1))].append(found.group(2))
        return [{"rows": r} for r in rows]
    if len(cases) > 1:
        half = len(cases) // 2
        return ask_sluice(binary, group, cases[:half]) + ask_sluice(binary, group, cases[half:])
    if not done:
        return [{"crashed": "no end within 60 s"}]
    if done.returncode < 0 or "Sanitizer" in done.stderr:
        return [{"crashed": done.stderr[-2000:]}]
    return [{"refused": " ".join(done.stderr.split("line 1")[0].split()).removeprefix("sluice: ")}]


def ask_sluice_all(binary, groups, answers):
    """{(group's name, case's text): answer}; what Flink refuses is asked alone."""
    batches = []
    for g in groups:
        plain = [c for c in g.cases if "refused" not in answers[g.name].get(c.text, {})]
        batches += [(g, plain[i:i + CASES_IN_A_RUN]) for i in range(0, len(plain), CASES_IN_A_RUN)]
        batches += [(g, [c]) for c in g.cases if "refused" in answers[g.name].get(c.text, {})]
    found = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [(g, cases, pool.submit(ask_sluice, binary, g, cases)) for g, cases in batches]
        for g, cases, job in jobs:
            for case, answer in zip(cases, job.result()):
                found[g.name, case.text] = answer
    return found


# ---- comparison

def fold(rows):
    kept = collections.Counter()
    for row in rows:
        kept[row[2:]] += 1 if row[0] == "+" else -1
    return +kept if all(n >= 0 for n in kept.values()) else kept


def differs(flink, sluice):
    if "crashed" in sluice:
        return True
    if "refused" in flink:
        return "refused" not in sluice
    if "failed" in flink:
        return "refused" in sluice and "constant" not in sluice["refused"]
    return "rows" not in sluice or fold(flink["rows"]) != fold(sluice["rows"])


def short(answer):
    for kind in ("refused", "failed", "crashed"):
        if kind in answer:
            return f"{kind}: {answer[kind][:400]}"
    rows = fold(answer["rows"])
    return " ".join(f"{row}" + (f" x{n}" if n != 1 else "") for row, n in sorted(rows.items()))


KNOWN = HERE / "known.txt"
HEADS = ("# What Flink refuses and Sluice takes", "# What Sluice refuses", "# What both take, with other results")


def read_known():
    if not KNOWN.exists():
        return set()
    return {line for line in KNOWN.read_text().splitlines() if line and line[0] not in "# "}


def write_known(differing):
    parts = [[], [], []]
    for key, flink, sluice in differing:
        part = 0 if "refused" in flink else 1 if "refused" in sluice else 2
        said = f"    {short(sluice)[:150]}" + (f"\n    Flink: {short(flink)[:150]}" if part == 2 else "")
        parts[part].append(f"{key}\n{said}" if part else key)
    KNOWN.write_text("\n\n".join("\n".join([head, *part]) for head, part in zip(HEADS, parts)) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", default=os.environ.get("SLUICE", ROOT / "build/release/sluice"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    groups = [Group(path) for path in sorted((HERE / "cases").iterdir())]
    groups = [g for g in groups if not arguments.names or g.name in arguments.names]
    answers = {g.name: g.answers() for g in groups}
    bad = 0
    if arguments.record or arguments.verify:
        asked = [(g, [c for c in g.cases if arguments.verify or c.text not in answers[g.name]]) for g in groups]
        asked = [(g, cases) for g, cases in asked if cases]
        for (g, cases), found in zip(asked, ask_flink(asked) if asked else []):
            for case in cases:
                known = answers[g.name].get(case.text)
                if case.text in found and arguments.verify and known and (
                        "rows" not in known) != ("rows" not in found[case.text]) or (
                        known and "rows" in known and fold(known["rows"]) != fold(found[case.text]["rows"])):
                    bad += 1
                    print(f"{g.name}:{case.line}: Flink answers otherwise: {case.text}\n  {short(found[case.text])}")
            if arguments.record:
                answers[g.name].update(found)
                g.write_answers(answers[g.name])
    known = read_known()
    found = ask_sluice_all(arguments.sluice, groups, answers)
    compared, differing = 0, []
    for group in groups:
        for case in group.cases:
            flink, sluice = answers[group.name].get(case.text), found[group.name, case.text]
            key = f"{group.name}: {case.text}"
            if flink is None:
                print(f"{group.name}:{case.line}: no answer of Flink (compare.py --record): {case.text}")
                bad += 1
                continue
            compared += 1
            different = differs(flink, sluice)
            if different:
                differing.append((key, flink, sluice))
            if different and (arguments.show or key not in known):
                print(f"{group.name}:{case.line}: {case.text}\n    flink:  {short(flink)}\n    sluice: {short(sluice)}")
            if arguments.update:
                continue
            bad += different and key not in known
            if not different and key in known:
                print(f"{group.name}:{case.line}: does not differ any more (compare.py --update): {case.text}")
                bad += 1
    if arguments.update:
        write_known(differing)
    print(f"{compared} cases compared with Flink's answers; {len(differing)} differ, as is known" if not bad else
          f"{compared} cases compared with Flink's answers; {bad} are not as is known")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
