"""`pivotr backup` and `pivotr restore`: one file, put back whole, and nothing sent twice by it."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from pivotr.wiring import run_lock
from tests.cli.conftest import Run


@pytest.fixture
def kept(pivotr: Run, draft: str, tmp_path: Path) -> str:
    """The id of a campaign that was running when the backup `kept.zip` was made."""
    assert pivotr("campaign", "start", draft).code == 0
    made = pivotr("backup", str(tmp_path / "kept.zip"))
    assert (made.code, made.out) == (0, f"{tmp_path / 'kept.zip'}\n")
    return draft


@pytest.mark.slow
def test_what_was_sent_since_a_backup_is_not_sent_again_by_a_restore(
    pivotr: Run, kept: str, own_home: Path
) -> None:
    assert pivotr("run", "--until-idle").code == 0
    assert len(list((own_home / "outbox" / "new").iterdir())) == 2

    back = pivotr("restore", "kept.zip", "--replace", "--json")
    assert back.code == 0
    told = json.loads(back.out)
    assert told["paused"] == [kept]
    assert len(list((Path(told["kept_aside"]) / "outbox" / "new").iterdir())) == 2

    assert pivotr("run", "--until-idle").code == 0
    assert not list(own_home.glob("outbox/new/*"))
    refused = pivotr("campaign", "resume", kept)
    assert refused.code == 4
    assert "does not know what was sent since" in refused.err
    assert "--acknowledge" in refused.err
    assert pivotr("campaign", "resume", kept, "--acknowledge").code == 0
    assert pivotr("run", "--until-idle").code == 0
    assert len(list((own_home / "outbox" / "new").iterdir())) == 2


@pytest.mark.slow
def test_a_backup_moves_to_another_folder_with_its_keys_and_mails(
    pivotr: Run, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pivotr("run", "--until-idle").code == 0
    assert stat.S_IMODE((tmp_path / "kept.zip").stat().st_mode) == 0o600
    later = pivotr("backup", "--json")
    assert json.loads(later.out)["mails"] == 2

    monkeypatch.setenv("PIVOTR_HOME", str(tmp_path / "elsewhere"))
    assert pivotr("restore", json.loads(later.out)["path"]).code == 0
    # found by its address, so under the same key
    assert json.loads(pivotr("leads", "show", "asha@rao.example", "--json").out)["status"] == "sent"
    assert len(list((tmp_path / "elsewhere" / "outbox" / "new").iterdir())) == 2
    restored = [path for path in (tmp_path / "elsewhere").rglob("*") if path.name != "pivotr.lock"]
    assert len(restored) >= 6
    for path in restored:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_cannot_be_restored_changes_nothing(pivotr: Run, kept: str, own_home: Path) -> None:
    before = pivotr("leads", "list", "--json").out
    Path("no.zip").write_bytes(b"no archive")
    with zipfile.ZipFile("foreign.zip", "w") as foreign:
        foreign.writestr("readme.txt", "something else")
    with zipfile.ZipFile("kept.zip") as kept_zip, zipfile.ZipFile("damaged.zip", "w") as damaged:
        for name in kept_zip.namelist():
            damaged.writestr(name, b"x" + kept_zip.read(name) if name == "pivotr.db" else kept_zip.read(name))
    with zipfile.ZipFile("kept.zip") as kept_zip, zipfile.ZipFile("newer.zip", "w") as newer:
        for name in kept_zip.namelist():
            facts = kept_zip.read(name)
            if name == "manifest.json":
                facts = json.dumps(json.loads(facts) | {"form": 99}).encode()
            newer.writestr(name, facts)
    for words, code, sentence in (
        (("gone.zip",), 3, "There is no file “gone.zip”."),
        (("no.zip",), 2, "“no.zip” is no backup of Pivotr."),
        (("foreign.zip",), 2, "“foreign.zip” is no backup of Pivotr."),
        ((".",), 2, "“.” is no backup of Pivotr."),
        (("kept.zip",), 4, f"{own_home} has data already."),
        (("damaged.zip", "--replace"), 2, "The backup “damaged.zip” is damaged; nothing was changed."),
        (
            ("newer.zip", "--replace"),
            7,
            "“newer.zip” was made by Pivotr 0.1.0, which is newer than this one.",
        ),
    ):
        ended = pivotr("restore", *words)
        assert (ended.code, ended.err.splitlines()[0]) == (code, sentence)
        assert ended.err.splitlines()[1].startswith("→ ")
    assert pivotr("leads", "list", "--json").out == before
    assert not list(own_home.glob("*restore*"))


def test_a_restore_waits_for_no_run(pivotr: Run, kept: str, own_home: Path) -> None:
    from pivotr.settings import Settings

    with run_lock(Settings(home=own_home)) as lock:
        lock.acquire("now", 1)
        ended = pivotr("restore", "kept.zip", "--replace")
    assert ended.code == 4
    assert "already running on this data file" in ended.err


def test_a_backup_that_cannot_be_made_leaves_nothing(pivotr: Run, tmp_path: Path) -> None:
    none = pivotr("backup", "b.zip")
    assert (none.code, none.err.splitlines()[0]) == (3, f"There is no data in {tmp_path / 'home'} yet.")
    assert pivotr("sender", "add", "sales@acme.example").code == 0
    Path("there.zip").write_text("mine", encoding="utf-8")
    ended = pivotr("backup", "there.zip")
    assert (ended.code, ended.err.splitlines()[0]) == (4, "“there.zip” exists already.")
    assert Path("there.zip").read_text(encoding="utf-8") == "mine"
    assert pivotr("backup", "gone/b.zip").code == 7
    away = pivotr("backup", "--env", "dev")
    assert away.code == 7
    assert "point-in-time recovery" in away.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "there.zip"]


def test_a_restore_that_is_cut_off_leaves_nobody_sending(
    pivotr: Run, kept: str, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, renamed = (own_home / "pivotr.key").read_bytes(), Path.rename
    for last in range(1, 20):
        moves: list[Path] = []
        (own_home / "outbox" / "new").mkdir(parents=True, exist_ok=True)
        (own_home / "outbox" / "new" / "sent-since").write_text("Hello", encoding="utf-8")

        def dies(path: Path, target: Path, last: int = last, moves: list[Path] = moves) -> Path:
            moves.append(renamed(path, target))
            if len(moves) == last:
                raise KeyboardInterrupt
            return moves[-1]

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", dies)
            patched.setattr("pivotr.adapters.embedded.backups.Backups._stamp", f"cut-{last}")
            if pivotr("restore", "kept.zip", "--replace").code == 0:
                break
        # whatever data is there by now has its key, and is paused
        if (own_home / "pivotr.db").exists():
            assert (own_home / "pivotr.key").read_bytes() == key
            assert statuses(pivotr) == ["paused"]
        (own_home / ".restore-dead").mkdir()
        assert pivotr("restore", "kept.zip", "--replace").code == 0
        assert statuses(pivotr) == ["paused"]
        assert not list(own_home.glob(".restore-*"))
        # kept aside by one of the two, not thrown away, and not among the mails of the backup
        assert len(list(own_home.glob("before-restore-*/outbox/new/sent-since"))) == 1
        assert not list(own_home.glob("outbox/new/*"))
        assert pivotr("campaign", "resume", kept, "--acknowledge").code == 0
        shutil.rmtree(own_home / f"before-restore-cut-{last}")
        for aside in own_home.glob("before-restore-*"):
            shutil.rmtree(aside)
    assert last > 4


def statuses(pivotr: Run) -> list[str]:
    return [one["status"] for one in json.loads(pivotr("campaign", "list", "--json").out)]


def test_archives_that_somebody_made_by_hand_are_refused(pivotr: Run, kept: str, own_home: Path) -> None:
    with zipfile.ZipFile("kept.zip") as kept_zip:
        contents = {name: kept_zip.read(name) for name in kept_zip.namelist()}
    facts = json.loads(contents["manifest.json"])
    before = pivotr("leads", "list", "--json").out
    for changes, word in (
        ({"sha256": None}, "is no backup"),
        ({"made_at": "yesterday"}, "is no backup"),
        ({"sha256": {}}, "is damaged"),
        ({"sha256": facts["sha256"] | {"else.txt": "0"}}, "is damaged"),
    ):
        with zipfile.ZipFile("odd.zip", "w") as odd:
            for name, content in (contents | {"manifest.json": json.dumps(facts | changes)}).items():
                odd.writestr(name, content)
        ended = pivotr("restore", "odd.zip", "--replace")
        assert (ended.code, word in ended.err) == (2, True), (changes, ended)
    # one byte of the compressed data is another
    with zipfile.ZipFile("kept.zip") as kept_zip:
        at = kept_zip.getinfo("pivotr.db").header_offset + 200
    raw = bytearray(Path("kept.zip").read_bytes())
    raw[at : at + 40] = b"\xff" * 40
    Path("odd.zip").write_bytes(raw)
    assert pivotr("restore", "odd.zip", "--replace").code == 2
    assert pivotr("leads", "list", "--json").out == before
