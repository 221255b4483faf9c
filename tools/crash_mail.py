"""The mail with which tools/crashtest works: small, and with what is easily lost or doubled."""

import os

import plain_account
from demo_mail import Message

MAILBOXES = [
    (("INBOX",), True),
    (("Work",), True),
    (("Work", "2024"), False),
    (("Work", "2024", "Grüße"), True),
    (("Sent",), True),
    (("Empty",), False),
    (("Gone",), True),
]


def text(subject, size=0, identity=True, quoted=False):
    lines = [f"From: a@example.org", f"Subject: {subject}"]
    if identity:
        lines.insert(0, f"Message-ID: <{subject.replace(' ', '.')}@example.org>")
    lines += ["", "From here on." if quoted else "Some text."]
    lines += ["0123456789 " * 6] * (size // 68)
    return "\r\n".join(lines + [""]).encode()


def messages():
    """Some 40 messages: equal ones, equal Message-IDs, none, keywords, large, odd ones."""
    result = []

    def add(mailbox, body, *flags):
        result.append(Message(mailbox, body, list(flags), 1_500_000_000 + 86_423 * len(result)))

    inbox, work, deep, sent = ("INBOX",), ("Work",), ("Work", "2024", "Grüße"), ("Sent",)
    for index in range(8):
        add(inbox, text(f"i{index}", quoted=index % 2 == 1), "\\Seen", f"Key{index % 3}")
    for _ in range(3):
        add(inbox, text("twin"), "\\Flagged")
    add(inbox, text("same", 100), "\\Answered")
    add(inbox, text("same", 200))
    add(inbox, text("no identity", identity=False))
    add(inbox, text("no identity", 80, identity=False), "$Forwarded")
    add(inbox, b"Subject: header only\r\n\r\n")
    add(inbox, b"\r\nno header\r\n")
    add(inbox, b"Subject: open end\r\n\r\nno line end")
    for index in range(4):
        add(work, text(f"large {index}", 3_000 + 4_000 * index), "\\Seen", "Work")
    add(work, text("i1"), "Other")
    for _ in range(2):
        add(work, text("work twin"))
    for index in range(5):
        add(("Work", "2024"), text(f"y{index}"), "\\Draft", "\\Seen")
    for index in range(3):
        add(deep, text(f"d{index}", 70_000 if index == 1 else 0), "\\Flagged", f"Deep{index}")
    for index in range(4):
        add(sent, text(f"s{index}"), "\\Seen")
    for index in range(2):
        add(("Gone",), text(f"g{index}"), "Key1")
    return result


def fill(account):
    plain_account.fill(account, MAILBOXES, messages())


def change_account(account):
    """What happens in an account between a first run and a later one."""
    done = plain_account.expect
    done(account.select("INBOX"))
    done(account.uid("STORE", "2", "+FLAGS", "(\\Answered NewKey)"))
    done(account.uid("STORE", "3", "-FLAGS", "(\\Seen)"))
    done(account.uid("MOVE", "5:6", "Work"))
    done(account.uid("STORE", "7", "+FLAGS", "(\\Deleted)"))
    done(account.uid("EXPUNGE", "7"))
    done(account.rename("Gone", '"Renamed"'))
    done(account.create("New"))
    new = [text("fresh 1"), text("twin"), text("fresh 2", 9_000)]
    places = [("INBOX",), ("INBOX",), ("New",)]
    later = [
        Message(place, body, ["\\Seen", "Fresh"], 1_600_000_000 + index)
        for index, (place, body) in enumerate(zip(places, new))
    ]
    plain_account.fill(account, [], later)


def change_archive(archive):
    """What a user does by hand in an archive of Maildirs between two pushes."""
    inbox = sorted(os.listdir(f"{archive}/INBOX/cur"))
    for name, letters in ((inbox[0], "F"), (inbox[1], "RS")):
        base = name.partition(":2,")[0]
        os.rename(f"{archive}/INBOX/cur/{name}", f"{archive}/INBOX/cur/{base}:2,{letters}")
    os.rename(f"{archive}/INBOX/cur/{inbox[3]}", f"{archive}/Sent/cur/{inbox[3]}")
    for number, (mailbox, body) in enumerate(
        (("INBOX", text("by hand")), ("INBOX", text("twin")), ("Work", text("hand", 6_000)))
    ):
        path = f"{archive}/{mailbox}/cur/{1_600_000_100 + number}.hand{number}:2,S"
        with open(path, "wb") as file:
            file.write(body.replace(b"\r\n", b"\n"))
        os.utime(path, (1_600_000_100 + number,) * 2)


def change_target(account):
    """What somebody does on the target meanwhile: a delivery, and a message that is deleted."""
    own = Message(("INBOX",), text("own"), ["\\Seen"], 1_610_000_000)
    plain_account.fill(account, [], [own])
    plain_account.expect(account.select("Sent"))
    plain_account.expect(account.uid("STORE", "1", "+FLAGS", "(\\Deleted)"))
    plain_account.expect(account.uid("EXPUNGE", "1"))
