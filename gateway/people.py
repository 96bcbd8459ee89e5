"""The routes of accounts, and of what a person may ask about themselves: part of the gateway."""

from typing import Any

from contracts.accounts import (
    AcceptedSchema,
    CorrectSchema,
    ExportSchema,
    HoldSchema,
    HoldsSchema,
    LoginSchema,
    MeSchema,
    OneTimeCodeSchema,
    RegisterSchema,
    ReleaseSchema,
    TokenSchema,
    VerifySchema,
)
from contracts.errors import Code
from gateway import accounts, examples
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc

USER = ("service_user",)
SUPERVISORS = ("supervisor", "admin")

ME = "/v1/me"
SUBJECT = "/v1/subjects/{subject_id}"


class AccountRoutes:
    """Register, log in, see, correct, take along, be forgotten."""

    consultation = ServiceRpc("consultation")
    queue = ServiceRpc("queue")
    notifier = ServiceRpc("notifier")
    code_rate = accounts.CodeRate()
    user_tokens = accounts.UserTokens()

    @route(
        "POST",
        "/v1/users",
        body=RegisterSchema,
        example=examples.REGISTER,
        answers={202: AcceptedSchema},
        discreet=True,
    )
    def register_user(self, call: Call) -> Answer:
        """Give a mail address as one's own; a code goes there.

        The answer is the same whether or not the address is known. What nobody verifies is
        forgotten after 7 days.
        """
        self.code_rate.count(call)
        self.consultation.register_user(call.request)
        return accounts.accepted()

    @route(
        "POST",
        "/v1/users/login",
        body=LoginSchema,
        example=examples.LOGIN,
        answers={202: AcceptedSchema},
        discreet=True,
    )
    def log_in(self, call: Call) -> Answer:
        """Have a code sent to one's address; if it has no account, the e-mail says so."""
        self.code_rate.count(call)
        self.consultation.log_in(call.request)
        return accounts.accepted()

    @route(
        "POST",
        "/v1/users/verify",
        body=VerifySchema,
        example=examples.VERIFY,
        answers={200: TokenSchema},
        refuses=(Code.CODE_INVALID,),
        discreet=True,
    )
    def verify_code(self, call: Call) -> Answer:
        """Send back the code, and be logged in.

        It is good for 10 minutes and once; a newer one ends it, and so do 5 wrong ones. Asked for
        again within 5 minutes, and untried, it is the same that comes.
        """
        self.code_rate.count(call)
        return self.user_tokens.given(self.consultation.verify_code(call.request))

    @route(
        "GET", ME, roles=USER, answers={200: MeSchema}, versioned=True, refuses=(Code.NOT_FOUND,)
    )
    def show_me(self, call: Call) -> Answer:
        """One's own account."""
        return accounts.me(self.consultation.me(call.request))

    @route(
        "PATCH",
        ME,
        roles=USER,
        body=CorrectSchema,
        example=examples.CORRECT,
        answers={200: MeSchema},
        versioned=True,
        refuses=(Code.NOT_FOUND, Code.SUBJECT_ERASED),
    )
    def correct_me(self, call: Call) -> Answer:
        """Correct what is named; `null` takes it out.

        A new address is `email_pending` until the code that goes there comes back to
        `/v1/me/email`. Who is refused has corrected nothing.
        """
        if "email" in call.body:
            self.code_rate.count(call)
        return accounts.me(self.consultation.correct_me(call.request))

    @route(
        "POST",
        f"{ME}/email",
        roles=USER,
        body=OneTimeCodeSchema,
        example=examples.CODE,
        answers={200: MeSchema},
        versioned=True,
        refuses=(Code.NOT_FOUND, Code.CODE_INVALID, Code.EMAIL_TAKEN, Code.SUBJECT_ERASED),
    )
    def confirm_email(self, call: Call) -> Answer:
        """Send back the code that went to one's new address; it replaces the old one."""
        self.code_rate.count(call)
        return accounts.me(self.consultation.confirm_email(call.request))

    @route("GET", f"{ME}/export", roles=USER, answers={200: ExportSchema})
    def export_me(self, call: Call) -> Any:
        """Everything that is held about oneself, in every service, in clear."""
        return accounts.export(call, self.consultation, self.queue, self.notifier)

    @route(
        "POST",
        f"{ME}/erasure",
        roles=USER,
        answers={202: AcceptedSchema},
        refuses=(Code.LEGAL_HOLD,),
    )
    def ask_erasure(self, call: Call) -> Answer:
        """Be forgotten: a last e-mail, then nobody can read a word of or about oneself.

        If it is held back (409), the wish is remembered, and fulfilled when the last legal hold
        is lifted.
        """
        return accounts.accepted(self.consultation.ask_erasure(call.request))

    @route(
        "POST",
        f"{SUBJECT}/hold",
        roles=SUPERVISORS,
        body=HoldSchema,
        example=examples.HOLD,
        answers={200: HoldsSchema},
        versioned=True,
        refuses=(Code.SUBJECT_ERASED,),
    )
    def place_hold(self, call: Call) -> Answer:
        """Keep what is held about a person, as a matter needs it.

        By an office that they have asked, visited or an account with; also who only ever visited.
        """
        visited = self.queue.known_in(call.request)["offices"]
        return accounts.holds(self.consultation.place_hold({**call.request, "visited": visited}))

    @route(
        "POST",
        f"{SUBJECT}/release",
        roles=SUPERVISORS,
        body=ReleaseSchema,
        example=examples.RELEASE,
        answers={200: HoldsSchema},
        versioned=True,
    )
    def lift_hold(self, call: Call) -> Answer:
        """The matter is over; who asked to be forgotten meanwhile is, after the last one.

        Lifted by the office that has placed it, or by an admin.
        """
        return accounts.holds(self.consultation.lift_hold(call.request))
