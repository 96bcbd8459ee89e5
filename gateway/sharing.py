"""The routes of shared work: part of the gateway's service."""

from typing import Any

from contracts.caller import STAFF
from contracts.consultation_report import ConsultationReportSchema, ReportQuerySchema
from contracts.errors import Code
from contracts.sharing import (
    CannedAnswerBodySchema,
    CannedAnswerSchema,
    CannedAnswersSchema,
    ReassignedSchema,
    ReassignSchema,
)
from gateway import examples, figures
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc

OFFICE = "/v1/offices/{office}"
SUPERVISORS = ("supervisor", "admin")


class SharingRoutes:
    """What the officers of an office have in common."""

    consultation = ServiceRpc("consultation")

    @route("GET", f"{OFFICE}/canned-answers", roles=STAFF, answers={200: CannedAnswersSchema})
    def list_canned(self, call: Call) -> Any:
        """The answers that this office's officers use again and again."""
        return self.consultation.canned_answers(call.request)

    @route(
        "POST",
        f"{OFFICE}/canned-answers",
        roles=STAFF,
        body=CannedAnswerBodySchema,
        example=examples.CANNED,
        answers={201: CannedAnswerSchema},
        refuses=(Code.TOO_MANY,),
    )
    def add_canned(self, call: Call) -> Answer:
        """Keep an answer for all officers of the office."""
        result = self.consultation.save_canned(call.request)
        place = f"/v1/offices/{call.path['office']}/canned-answers/{result['answer']['canned_id']}"
        return Answer(result["answer"], 201, {**_replayed(result), "Location": place})

    @route(
        "POST",
        f"{OFFICE}/canned-answers/{{canned_id}}",
        roles=STAFF,
        body=CannedAnswerBodySchema,
        example=examples.CANNED,
        answers={200: CannedAnswerSchema},
    )
    def change_canned(self, call: Call) -> Answer:
        """Have an answer read otherwise."""
        result = self.consultation.save_canned(call.request)
        return Answer(result["answer"], headers=_replayed(result))

    @route(
        "POST",
        f"{OFFICE}/canned-answers/{{canned_id}}/remove",
        roles=STAFF,
        answers={200: CannedAnswersSchema},
    )
    def remove_canned(self, call: Call) -> Answer:
        """Offer an answer no more; answers those that are left."""
        result = self.consultation.remove_canned(call.request)
        return Answer({"items": result["items"]}, headers=_replayed(result))

    @route(
        "POST",
        f"{OFFICE}/reassign",
        roles=SUPERVISORS,
        body=ReassignSchema,
        example=examples.REASSIGN,
        answers={200: ReassignedSchema},
    )
    def reassign(self, call: Call) -> Answer:
        """Hand on the open cases of an officer who is absent.

        To several officers in turn, the longest open first; no limit changes. Of more than 200,
        `remaining` says how many are left for another call. A repeat with the same
        Idempotency-Key answers as the first did, and hands on nothing else.
        """
        result = self.consultation.reassign(call.request)
        payload = {name: result[name] for name in ("items", "remaining")}
        return Answer(payload, headers=_replayed(result))

    @route(
        "GET",
        f"{OFFICE}/reports/consultations",
        roles=STAFF,
        query=ReportQuerySchema,
        answers={200: ConsultationReportSchema},
        csv=True,
    )
    def report_consultations(self, call: Call) -> Any:
        """What became of the consultations that were submitted in a time.

        Limits kept, shares paused, answers and silences, by type and by month; with `format=csv`
        as comma-separated values, a line for all and one for each group.
        """
        found = self.consultation.report(call.request)
        if call.query["format"] == "json":
            return found
        name = f"consultations-{found['office']}-{found['from']}-{found['to']}"
        groups = {"by_type": "type", "by_month": "month"}
        return figures.csv_of(ConsultationReportSchema, found, groups, name)


def _replayed(result: dict[str, Any]) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if result["replayed"] else {}
