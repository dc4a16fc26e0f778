"""The row report of an import never costs a file that was there before."""

from __future__ import annotations

import json
from pathlib import Path


def test_a_report_in_place_of_the_imported_file_is_refused_and_the_file_stays(pivotr, tmp_path: Path) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text("Name,Email\nAsha Rao,asha@x.example\n")
    ended = pivotr("leads", "import", str(leads), "--list", "fair", "--report", str(leads))
    assert ended.code == 2
    assert "would replace" in ended.err
    assert leads.read_text() == "Name,Email\nAsha Rao,asha@x.example\n"


def test_a_refused_import_leaves_an_older_report_as_it_was(pivotr, tmp_path: Path) -> None:
    leads, report = tmp_path / "leads.csv", tmp_path / "rows.jsonl"
    leads.write_text("Name,Company\nAsha Rao,Acme\n")
    report.write_text("keep me\n")
    assert pivotr("leads", "import", str(leads), "--list", "fair", "--report", str(report)).code == 2
    assert report.read_text() == "keep me\n"
    assert sorted(path.name for path in tmp_path.glob("*rows*")) == ["rows.jsonl"]


def test_a_finished_import_replaces_the_report(pivotr, tmp_path: Path) -> None:
    leads, report = tmp_path / "leads.csv", tmp_path / "rows.jsonl"
    leads.write_text("Name,Email\nAsha Rao,asha@x.example\n")
    report.write_text("old\n")
    assert pivotr("leads", "import", str(leads), "--list", "fair", "--report", str(report)).code == 0
    assert [json.loads(line)["outcome"] for line in report.read_text().splitlines()] == ["accepted"]


def test_a_dash_is_no_file_of_a_report(pivotr, tmp_path: Path) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text("Name,Email\nAsha Rao,asha@x.example\n")
    assert pivotr("leads", "import", str(leads), "--list", "fair", "--report", "-").code == 2


def test_a_log_is_found_by_the_name_of_its_campaign(pivotr, draft: str) -> None:
    name = json.loads(pivotr("campaign", "show", draft, "--json").out)
    name = name.get("campaign", name)["name"]
    assert pivotr("logs", "show", "--campaign", name).code == 0
    assert pivotr("metrics", "show", "--campaign", name).code == 0


def test_a_subject_of_two_lines_is_refused(pivotr, tmp_path: Path) -> None:
    body = tmp_path / "body.txt"
    body.write_text("Hello")
    ended = pivotr("template", "create", "t", "--subject", "a\nBcc: b@c.example", "--body-file", str(body))
    assert ended.code == 2
    assert pivotr("template", "show", "t").code == 3
