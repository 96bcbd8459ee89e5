"""Nothing personal is stored or sent in clear, except in the e-mail itself."""

import uuid

from tests.markers import eavesdropping, traces
from tests.support import eventually


def test_planted_markers_are_found_nowhere(stack):
    """Names, addresses and texts of all kinds, searched for in all that is kept or passed on."""
    mark = uuid.uuid4().hex[:12]
    name, address = f"Nama{mark}", f"alamat{mark}@example.com"
    with eavesdropping(stack) as heard:
        resource = stack.submit(
            topic=f"topik {mark}",
            question=f"tanya {mark}",
            contact={"name": name, "email": address, "phone": f"0812{mark}"},
        )
        officer, user = stack.officer(), stack.user(resource["subject_id"])
        path = f"/consultations/{resource['consultation_id']}"
        officer.post(f"{path}/accept")
        officer.post(f"{path}/messages", {"text": f"jawab {mark}"})
        officer.post(f"{path}/messages", {"text": f"catatan {mark}", "internal": True})
        user.post(f"{path}/messages", {"text": f"balas {mark}"}, Idempotency_Key="k-1")
        officer.post(f"{path}/close", {"reason": "resolved", "note": f"akhir {mark}"})
        user.post(f"{path}/reopen", {"reason": f"lagi {mark}"})
        assert mark in officer.get(f"{path}/history").text
        eventually(lambda: len(stack.mails(address)) == 4)
        eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
        assert resource["consultation_id"].encode() in heard(), "the eavesdropper heard nothing"
        assert mark.encode() not in heard()
    assert traces(stack, resource["consultation_id"]), "nothing is found at all"
    assert traces(stack, mark) == []
