"""A broken e-mail address: the limit runs, silence does not, and the officer sees it."""

from tests.integration.test_notifier_smtp import Server, serving
from tests.support import eventually


def test_nobody_is_silent_about_what_they_never_got(stack):
    """Until they write themselves; then the days count again."""
    stack.control.stop("notifier")
    contact = {"name": "Siti Rahma", "email": "tidak-ada@example.com"}
    resource = stack.submit(contact=contact)
    path = f"/consultations/{resource['consultation_id']}"
    officer, siti = stack.officer(), stack.user(resource["subject_id"])
    due_at = officer.post(f"{path}/accept").json()["sla"]["due_at"]
    officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
    assert officer.get(path).json()["silence"]["running"]
    try:
        with (
            serving(Server(rcpt="550 5.1.1 no such user")) as url,
            stack.another("notifier", PST_SMTP_URL=url),
        ):
            eventually(lambda: officer.get(path).json()["contact_bounced"])
            seen = officer.get(path).json()
            assert not seen["silence"]["running"]
            assert seen["sla"]["due_at"] == due_at
            officer.post(f"{path}/messages", {"text": "Apakah Anda membaca ini?"})
            assert not officer.get(path).json()["silence"]["running"]
    finally:
        stack.control.start("notifier")
        stack.wait_ready("notifier")
    siti.post(f"{path}/messages", {"text": "Ya, lewat situs."})
    assert not officer.get(path).json()["contact_bounced"]
    officer.post(f"{path}/messages", {"text": "Baik."})
    assert officer.get(path).json()["silence"]["running"]


def test_nobody_is_silent_who_has_no_address(stack):
    """Nothing was sent, so nothing awaits an answer; the officer sees it."""
    resource = stack.submit(contact={"name": "Siti", "phone": "0811000111"})
    path, officer = f"/consultations/{resource['consultation_id']}", stack.officer()
    officer.post(f"{path}/accept")
    officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
    eventually(lambda: officer.get(path).json()["contact_bounced"])
    assert not officer.get(path).json()["silence"]["running"]
