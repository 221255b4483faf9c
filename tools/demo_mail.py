"""The demo's mail: a few hundred varied messages in oddly named mailboxes, always the same ones."""

import base64
import email.utils
import random
from collections import namedtuple

Message = namedtuple("Message", "mailbox body flags date")

# Mailboxes are tuples of components; "/" stands between them on the wire, so no component has one.
SUBSCRIBED = [
    ("INBOX",),
    ("INBOX", "Receipts"),
    ("Archive", "2009"),
    ("Archive", "2009", "Q4"),
    ("Sent",),
    ("Drafts",),
    ("Junk",),
    ("Lists", "mailarc-dev"),
    ("Grüße aus Köln",),
    ("日本語", "請求書 & 領収書"),
    ("Work",),
    ("A & B",),
    ("100% sure",),
    ("*star*",),
]
UNSUBSCRIBED = [
    ("Trash",),
    ("Archive",),
    ("work",),
    ("cur",),
    ("new", "tmp"),
    (".hidden",),
    ("..",),
    (".mailarc",),
    ("~",),
    ('say "hi"',),
    ("back\\slash",),
    ("v1.0 release.notes",),
    ("two  spaces ",),
    ("é (one character)",),
    ("e\u0301 (two characters)",),
    ("😀",),
    ("x:2,S",),
    ("many keywords",),
    ("empty",),
    ("a", "b", "c", "d", "e", "f", "g", "h"),
    ("n" * 80,),
]
WORDS = (
    "the archive keeps every message as it came and the report says which one did not so that "
    "nobody has to guess when the server is gone and the question comes up again in ten years"
).split()
JAPANESE = "こんにちは。先日の会議の資料をお送りします。よろしくお願いいたします。"
SYSTEM_FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"]
KEYWORDS = ["$Forwarded", "$MDNSent", "NonJunk", "$Label1", "Projekt-7", "todo"]


def messages():
    """All messages in the order in which they go into their mailboxes."""
    return _Writer().result


def mailboxes():
    """All mailboxes, with whether the user is subscribed to them."""
    return [(name, True) for name in SUBSCRIBED] + [(name, False) for name in UNSUBSCRIBED]


class _Writer:
    def __init__(self):
        self.random = random.Random(20090704)
        self.result = []
        self.date = 1_088_899_201  # 4 July 2004, and not a full minute
        self.count = 0
        self._threads(("Lists", "mailarc-dev"), threads=12)
        for mailbox in SUBSCRIBED + UNSUBSCRIBED:
            if mailbox not in [("empty",), ("many keywords",)]:
                self._everyday(mailbox, 20 if mailbox == ("INBOX",) else 8)
        self._many_keywords(("many keywords",))
        self._curiosities(("INBOX",))

    def _add(self, mailbox, body, flags=None):
        self.date += self.random.randrange(86_400, 2_400_000)
        if flags is None:
            flags = self.random.sample(SYSTEM_FLAGS, self.random.randrange(3))
            flags += self.random.sample(KEYWORDS, self.random.choice([0, 0, 1, 2]))
        wire = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
        self.result.append(Message(mailbox, wire, flags, self.date))

    def _header(self, subject, charset="us-ascii", encoding="7bit", more=""):
        self.count += 1
        date = email.utils.formatdate(self.date)
        return (
            f"Received: from a.example.org by b.example.net;\n\t{date}\n"
            f"From: Alice Example <alice@example.org>\nTo: bob@example.net\nSubject: {subject}\n"
            f"Date: {date}\nMessage-ID: <demo.{self.count}@example.org>\n{more}MIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
        )

    def _text(self, lines):
        return "".join(" ".join(self.random.choices(WORDS, k=11)) + "\n" for _ in range(lines))

    def _threads(self, mailbox, threads):
        for thread in range(threads):
            references = []
            for depth in range(self.random.randrange(1, 6)):
                more = ""
                if references:
                    more = f"In-Reply-To: {references[-1]}\nReferences: " + "\n\t".join(references)
                    more += "\n"
                subject = ("Re: " if depth else "") + f"[mailarc-dev] question {thread}"
                header = self._header(subject, more=more + "List-Id: <dev.example.org>\n")
                references.append(f"<demo.{self.count}@example.org>")
                self._add(mailbox, header + self._text(4 + depth))

    def _everyday(self, mailbox, count):
        kinds = [self._plain, self._attachment, self._jis, self._utf8, self._euc, self._encoded]
        for index in range(count):
            self._add(mailbox, kinds[(index + len(mailbox[0])) % len(kinds)]())

    def _plain(self):
        return self._header("plain text") + self._text(self.random.randrange(1, 40))

    def _attachment(self):
        data = base64.encodebytes(self.random.randbytes(self.random.randrange(100, 150_000)))
        return (
            self._header("with attachment").rpartition("Content-Type")[0]
            + 'Content-Type: multipart/mixed; boundary="=_b"\n\npreamble\n--=_b\n\nSee below.\n'
            + '--=_b\nContent-Type: application/pdf; name="=?UTF-8?B?6KaL56mN5pu4LnBkZg==?="\n'
            + f"Content-Transfer-Encoding: base64\n\n{data.decode()}--=_b--\n"
        )

    def _jis(self):
        encoded = base64.b64encode("会議の件".encode("iso-2022-jp")).decode()
        header = self._header(f"=?ISO-2022-JP?B?{encoded}?=", "ISO-2022-JP")
        return _wire(header) + _wire(JAPANESE + "\n", "iso-2022-jp")

    def _utf8(self):
        header = self._header("Grüße, ohne Kodierung", "UTF-8", "8bit")
        return header + "Schöne Grüße aus Köln – und от нас 😀\n" + JAPANESE + "\n"

    def _euc(self):
        return _wire(self._header("euc", "EUC-JP", "8bit")) + _wire(JAPANESE + "\n", "euc-jp")

    def _encoded(self):
        header = self._header("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\n =?UTF-8?Q?_zwei?=", "UTF-8", "base64")
        return header + base64.encodebytes(JAPANESE.encode()).decode()

    def _many_keywords(self, mailbox):
        # More than the 26 that fit into the letters of a Maildir file name.
        for index in range(40):
            self._add(mailbox, self._plain(), [f"keyword-{index}", f"keyword-{(index * 7) % 40}"])

    def _curiosities(self, mailbox):
        self._add(mailbox, "From: a@example.org\nSubject: no Message-ID\n\nText\n")
        self._add(mailbox, "From: a@example.org\nSubject: no Message-ID\n\nAnother text\n")
        same = "From: a@example.org\nMessage-ID: <same@example.org>\nSubject: same\n\n"
        self._add(mailbox, same + "One message.\n")
        self._add(mailbox, same + "A different message with the same Message-ID.\n")
        twin = "From: a@example.org\nMessage-ID: <twin@example.org>\nSubject: twin\n\nTwice.\n"
        self._add(mailbox, twin)
        self._add(mailbox, twin)
        self._add(mailbox, "Subject: header only\n\n")
        self._add(mailbox, "\nno header at all\n")
        self._add(mailbox, b"Subject: open end\r\n\r\nno final newline")
        self._add(mailbox, b"Subject: bare CR\r\n\r\nbefore\rafter\r\n")
        self._add(mailbox, "Subject: From lines\n\nFrom here on\n>From there\n\nFrom a@b\n.\n..\n")
        self._add(mailbox, b"Subject: long line\r\n\r\n" + b"x" * 1_000_000 + b"\r\n")
        self._add(mailbox, "Status: RO\nX-Keywords: mine\nX-TUID: abc\nSubject: own\n\nText\n")
        self._add(mailbox, b"Subject: Gr\xfc\xdfe in Latin-1\r\nno colon here\r\n\r\n\xe4\r\n")


def _wire(text, charset="ascii"):
    return text.replace("\n", "\r\n").encode(charset)
