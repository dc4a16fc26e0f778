"""Mailboxes by IMAP and as a Maildir: nothing is lost, nothing is changed, secrets stay secret."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imap_server import Folder, serving
from smtp_server import certificate

from pivotr.adapters.mailbox_imap import ImapMailbox, _quoted
from pivotr.adapters.mailbox_maildir import LARGEST, MaildirMailbox
from pivotr.errors import Misconfigured, Unavailable

NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
WEEK = NOW - timedelta(days=7)


def mail(number: int, more: bytes = b"") -> bytes:
    return b"From: asha@rao.example\r\nSubject: mail %d\r\n%s\r\ntext %d\r\n" % (number, more, number)


def imap(port: int, *, secret: str = "app password", **options: Any) -> ImapMailbox:
    return ImapMailbox(
        "127.0.0.1",
        port,
        security=options.pop("security", "none"),
        username="sales@acme.example",
        secret=lambda: secret,
        **options,
    )


class TestImap:
    """A folder on a server."""

    def test_each_mail_comes_once_and_the_folder_is_only_looked_at(self) -> None:
        folder = Folder()
        for number in range(3):
            folder.add(mail(number))
        with serving(folder) as port:
            first = imap(port).fetch("", since=WEEK, limit=10)
            again = imap(port).fetch(first.cursor, since=WEEK, limit=10)
            folder.add(mail(3))
            later = imap(port).fetch(again.cursor, since=WEEK, limit=10)
        assert first.mails == (mail(0), mail(1), mail(2))
        assert (again.mails, again.cursor) == ((), first.cursor)
        assert later.mails == (mail(3),)
        verbs = {line.split(" ")[0] for line in folder.lines}
        assert "SELECT" not in verbs, "the folder is opened for reading only"
        assert not any("STORE" in line or "BODY[" in line for line in folder.lines)

    def test_slices(self) -> None:
        folder = Folder()
        for number in range(7):
            folder.add(mail(number))
        cursor, seen = "", []
        with serving(folder) as port:
            for _ in range(3):
                found = imap(port).fetch(cursor, since=WEEK, limit=3)
                cursor = found.cursor
                seen.append((len(found.mails), found.has_more))
        assert seen == [(3, True), (3, True), (1, False)]

    def test_the_first_look_leaves_old_mails_alone_for_ever(self) -> None:
        folder = Folder()
        folder.add(mail(0, b"X-Old: yes\r\n"))
        with serving(folder) as port:
            first = imap(port).fetch("", since=WEEK, limit=10)
            folder.add(mail(1))
            later = imap(port).fetch(first.cursor, since=WEEK, limit=10)
        assert first.mails == ()
        assert later.mails == (mail(1),)

    def test_a_folder_that_was_rebuilt_is_read_anew(self) -> None:
        folder = Folder()
        folder.add(mail(0))
        with serving(folder) as port:
            first = imap(port).fetch("", since=WEEK, limit=10)
            folder.validity += 1
            assert imap(port).fetch(first.cursor, since=WEEK, limit=10).mails == (mail(0),)

    def test_mails_that_go_away_and_other_news_in_between(self) -> None:
        folder = Folder(noise=b"* 9 FETCH (FLAGS (\\Seen) UID 99)\r\n* 4 EXISTS\r\n")
        folder.add(mail(0))
        with serving(folder) as port:
            first = imap(port).fetch("", since=WEEK, limit=10)
            assert first.mails == (mail(0),)

    def test_of_a_large_mail_only_the_beginning_is_read(self) -> None:
        folder = Folder()
        folder.add(mail(0) + b"x" * (LARGEST * 2))
        with serving(folder) as port:
            (raw,) = imap(port).fetch("", since=WEEK, limit=10).mails
        assert len(raw) == LARGEST

    def test_an_oauth_token(self) -> None:
        folder = Folder(token="ya29.secret-token")
        folder.add(mail(0))
        with serving(folder) as port:
            box = imap(port, login="xoauth2", secret="ya29.secret-token")
            assert len(box.fetch("", since=WEEK, limit=10).mails) == 1
            with pytest.raises(Misconfigured) as refused:
                imap(port, login="xoauth2", secret="ya29.expired").fetch("", since=WEEK, limit=10)
        assert "ya29.expired" not in refused.value.sentence + refused.value.hint

    def test_a_wrong_password_is_told_without_it(self) -> None:
        with serving(Folder()) as port, pytest.raises(Misconfigured) as refused:
            imap(port, secret="hunter2").fetch("", since=WEEK, limit=10)
        assert "Invalid credentials" in refused.value.sentence
        assert "hunter2" not in refused.value.sentence

    def test_a_folder_that_is_not_there(self) -> None:
        with serving(Folder()) as port, pytest.raises(Misconfigured, match="no folder Replies"):
            imap(port, folder="Replies").fetch("", since=WEEK, limit=10)

    @pytest.mark.parametrize("verb", ["CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
    def test_a_line_that_is_cut_is_tried_again_later(self, verb: str) -> None:
        folder = Folder(drops_at=verb)
        folder.add(mail(0))
        with serving(folder) as port, pytest.raises(Unavailable):
            imap(port).fetch("", since=WEEK, limit=10)

    @pytest.mark.parametrize("verb", ["UID SEARCH", "UID FETCH"])
    def test_a_refusal_is_tried_again_later(self, verb: str) -> None:
        folder = Folder(refused=(verb,))
        folder.add(mail(0))
        with serving(folder) as port, pytest.raises(Unavailable):
            imap(port).fetch("", since=WEEK, limit=10)

    def test_nobody_listens(self) -> None:
        with serving(Folder()) as port:
            pass
        with pytest.raises(Unavailable):
            imap(port).fetch("", since=WEEK, limit=10)

    def test_a_login_never_crosses_a_network_in_the_clear(self) -> None:
        box = ImapMailbox(
            "imap.example", 143, security="none", username="sales@acme.example", secret=lambda: "app password"
        )
        with pytest.raises(Misconfigured, match="unencrypted"):
            box.fetch("", since=WEEK, limit=10)
        with serving(Folder()) as port, pytest.raises(Misconfigured, match="no STARTTLS"):
            imap(port, security="starttls").fetch("", since=WEEK, limit=10)

    @pytest.mark.parametrize("is_from_the_start", [True, False])
    def test_encryption_is_verified(
        self, is_from_the_start: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pem = certificate(tmp_path)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem)
        folder = Folder(tls=tls, is_tls_from_the_start=is_from_the_start)
        folder.add(mail(0))
        security = "tls" if is_from_the_start else "starttls"
        with serving(folder) as port:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                imap(port, security=security).fetch("", since=WEEK, limit=10)
            monkeypatch.setenv("SSL_CERT_FILE", str(pem))
            assert imap(port, security=security).fetch("", since=WEEK, limit=10).mails == (mail(0),)

    @pytest.mark.parametrize(
        ("folder", "written"),
        [
            ("INBOX", '"INBOX"'),
            ("[Gmail]/All Mail", '"[Gmail]/All Mail"'),
            ("Q&A", '"Q&-A"'),
            ('a"b\\c', '"a\\"b\\\\c"'),
            ("Entwürfe", '"Entw&APw-rfe"'),
            ("台北", '"&U,BTFw-"'),
        ],
    )
    def test_names_of_folders(self, folder: str, written: str) -> None:
        assert _quoted(folder) == written


class TestMaildir:
    """A folder on this machine."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("cur", "new", "tmp"):
            (tmp_path / name).mkdir()
        return tmp_path

    def put(self, folder: Path, number: int, where: str = "new", age: float = 0) -> Path:
        path = folder / where / f"17640000{number:02d}.M1P{number}.host"
        path.write_bytes(mail(number))
        at = NOW.timestamp() - age
        os.utime(path, (at, at))
        return path

    def test_each_mail_comes_once_also_when_somebody_reads_it_meanwhile(self, folder: Path) -> None:
        box = MaildirMailbox(folder)
        path = self.put(folder, 0)
        self.put(folder, 1, "cur")
        first = box.fetch("", since=WEEK, limit=10)
        assert sorted(first.mails) == [mail(0), mail(1)]
        path.rename(folder / "cur" / f"{path.name}:2,S")
        self.put(folder, 2)
        later = box.fetch(first.cursor, since=WEEK, limit=10)
        assert later.mails == (mail(2),)
        assert box.fetch(later.cursor, since=WEEK, limit=10).mails == ()

    def test_slices_in_the_order_of_arrival(self, folder: Path) -> None:
        for number in range(5):
            self.put(folder, number, age=100 - number)
        box = MaildirMailbox(folder)
        first = box.fetch("", since=WEEK, limit=3)
        second = box.fetch(first.cursor, since=WEEK, limit=3)
        assert (first.mails, first.has_more) == ((mail(0), mail(1), mail(2)), True)
        assert (second.mails, second.has_more) == ((mail(3), mail(4)), False)

    def test_the_first_look_leaves_old_mails_alone_and_an_empty_folder_is_a_first_look_too(
        self, folder: Path
    ) -> None:
        box = MaildirMailbox(folder)
        empty = box.fetch("", since=WEEK, limit=10)
        assert (empty.mails, bool(empty.cursor)) == ((), True)
        self.put(folder, 0, age=30 * 86_400)
        first = box.fetch("", since=WEEK, limit=10)
        assert first.mails == ()
        self.put(folder, 1, age=20 * 86_400)
        assert box.fetch(first.cursor, since=WEEK, limit=10).mails == (mail(1),), "a fetcher keeps old dates"

    def test_what_is_no_maildir(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="no Maildir"):
            MaildirMailbox(tmp_path / "nowhere").fetch("", since=WEEK, limit=10)

    def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(self, folder: Path) -> None:
        (folder / "new" / "1764000001.M1P1.host").mkdir()
        self.put(folder, 2)
        assert MaildirMailbox(folder).fetch("", since=WEEK, limit=10).mails == (mail(2),)
