"""The routes of the catalogue: search before you ask, and the answers that can be found."""

from typing import Any

from contracts.caller import STAFF
from contracts.catalogue import (
    AnswerSchema,
    PublishAnswerSchema,
    SearchQuerySchema,
    SearchReportQuerySchema,
    SearchReportSchema,
    SearchSchema,
    WithdrawAnswerSchema,
    WithdrawnSchema,
)
from contracts.errors import Code
from gateway import examples, figures
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc


class CatalogueRoutes:
    """Searching, publishing answers, and what was looked for in vain."""

    consultation = ServiceRpc("consultation")

    @route("GET", "/v1/search", query=SearchQuerySchema, answers={200: SearchSchema})
    def search(self, call: Call) -> Any:
        """What may answer a question already: answered questions, and what BPS publishes.

        Answered within 2.5 seconds, also while BPS's Web API is away: `source` says so.
        """
        return self.consultation.search(call.request)

    @route(
        "POST",
        "/v1/consultations/{consultation_id}/publish-answer",
        roles=STAFF,
        body=PublishAnswerSchema,
        example=examples.PUBLISH_ANSWER,
        answers={200: AnswerSchema},
        versioned=True,
        refuses=(Code.NOT_ANSWERED,),
    )
    def publish_answer(self, call: Call) -> Answer:
        """Have everybody find a question and its answer, in words that tell of nobody.

        Refused are texts with an e-mail address, a phone number, an identity number or the name
        of who asked. Done again, it is a correction. `If-Match` and `ETag` are of the published
        answer.
        """
        return _done(self.consultation.publish_answer(call.request))

    @route("GET", "/v1/answers/{answer_id}", answers={200: AnswerSchema}, versioned=True)
    def show_answer(self, call: Call) -> Answer:
        """An answered question, for everybody."""
        found = self.consultation.published_answer(call.request)
        return Answer(found, headers=_etag(found))

    @route(
        "POST",
        "/v1/answers/{answer_id}/withdraw",
        roles=STAFF,
        body=WithdrawAnswerSchema,
        example=examples.WITHDRAW_ANSWER,
        answers={200: WithdrawnSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE,),
    )
    def withdraw_answer(self, call: Call) -> Answer:
        """Publish an answer no more: it is neither found nor shown."""
        return _done(self.consultation.withdraw_answer(call.request))

    @route(
        "GET",
        "/v1/offices/{office}/reports/searches",
        roles=STAFF,
        query=SearchReportQuerySchema,
        answers={200: SearchReportSchema},
        csv=True,
    )
    def report_searches(self, call: Call) -> Any:
        """What people looked for, what they did not find, and how many then asked."""
        found = self.consultation.searches_report(call.request)
        if call.query["format"] == "json":
            return found
        name = f"searches-{found['office']}-{found['from']}-{found['to']}"
        groups = {"by_source": "source", "missed": "query"}
        return figures.csv_of(SearchReportSchema, found, groups, name)


def _done(result: dict[str, Any]) -> Answer:
    replayed = {"Idempotency-Replayed": "true"} if result["replayed"] else {}
    return Answer(result["answer"], headers=_etag(result["answer"]) | replayed)


def _etag(answer: dict[str, Any]) -> dict[str, str]:
    return {"ETag": f'"{answer["version"]}"'}
