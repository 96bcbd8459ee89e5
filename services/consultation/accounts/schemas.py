"""The stored forms of accounts and persons; `services/consultation/schemas.py` joins them in."""

from kernel.codec import EventType
from services.consultation.accounts import events, person

TYPES = (
    EventType("user_registered", 1, events.UserRegistered),
    EventType("address_noted", 1, events.AddressNoted),
    EventType("login_without_account", 1, events.LoginWithoutAccount),
    EventType("code_issued", 1, events.CodeIssued),
    EventType("code_sent_again", 1, events.CodeSentAgain),
    EventType("code_withheld", 1, events.CodeWithheld),
    EventType("code_counted", 1, events.CodeCounted),
    EventType("details_claimed", 1, events.DetailsClaimed),
    EventType("code_tried", 1, events.CodeTried),
    EventType("email_verified", 1, events.EmailVerified),
    EventType("details_corrected", 1, events.DetailsCorrected),
    EventType("email_bounced", 1, events.EmailBounced),
    EventType("email_change_confirmed", 1, events.EmailChangeConfirmed),
    EventType("account_moved_in", 1, events.AccountMovedIn),
    EventType("account_moved_out", 1, events.AccountMovedOut),
    EventType("email_change_dropped", 1, events.EmailChangeDropped),
    EventType("account_forgotten", 1, events.AccountForgotten),
    EventType("legal_hold_placed", 1, person.LegalHoldPlaced),
    EventType("legal_hold_lifted", 1, person.LegalHoldLifted),
    EventType("erasure_held", 1, person.ErasureHeld),
    EventType("erasure_begun", 1, person.ErasureBegun),
    EventType("erasure_decided", 1, person.ErasureDecided),
    EventType("person_erased", 1, person.PersonErased),
)
