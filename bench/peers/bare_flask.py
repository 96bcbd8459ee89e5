"""The peer of the call-next row: bare Flask, SQLAlchemy and PostgreSQL, with row locks.

`gunicorn 'bench.peers.bare_flask:served()'`, told by PST_BARE_URL where PostgreSQL is. Two calls:
issue a number, gap-free by lane and day; call who is next by the lane rule, which also ends who was
at the counter before. It checks nothing: no token, no schema, no idempotence; nothing follows.
"""

import os
from datetime import date, datetime
from typing import Any

from flask import Flask, request
from sqlalchemy import Engine, Index, create_engine, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from kernel.clock import Clock

LETTERS = {"regular": "A", "priority": "P"}
PRIORITY_IN_A_ROW = 2
clock = Clock()


class Base(DeclarativeBase):
    """The tables."""


class Serial(Base):
    """The last number of a lane and day; who issues locks it."""

    __tablename__ = "serials"
    office: Mapped[str] = mapped_column(primary_key=True)
    service_date: Mapped[date] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Turn(Base):
    """How often priority went first in a row; who calls locks it, or the rule would be broken."""

    __tablename__ = "turns"
    office: Mapped[str] = mapped_column(primary_key=True)
    service_date: Mapped[date] = mapped_column(primary_key=True)
    priority_in_a_row: Mapped[int] = mapped_column(default=0)


class Ticket(Base):
    """One visitor: waiting, called, finished."""

    __tablename__ = "tickets"
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    office: Mapped[str]
    service_date: Mapped[date]
    lane: Mapped[str]
    serial: Mapped[int]
    status: Mapped[str] = mapped_column(default="waiting")
    counter: Mapped[str | None]
    issued_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        Index("numbers", "office", "service_date", "lane", "serial", unique=True),
        Index(
            "waiting",
            *("office", "service_date", "lane", "serial"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "counters",
            *("office", "service_date", "counter"),
            unique=True,
            postgresql_where=text("status = 'called'"),
        ),
    )


def prepare(url: str, office: str) -> None:
    """Make the tables, and open the day."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    today = clock.now().date()
    with Session(engine) as db, db.begin():
        db.add(Turn(office=office, service_date=today))
        db.add_all(Serial(office=office, service_date=today, lane=lane) for lane in LETTERS)
    engine.dispose()


def served() -> Flask:
    """Return the application; a worker calls this once."""
    engine = create_engine(os.environ["PST_BARE_URL"])
    app = Flask(__name__)

    @app.post("/offices/<office>/tickets")
    def issue(office: str) -> tuple[dict[str, Any], int]:
        return _issued(engine, office, request.get_json().get("lane", "regular")), 201

    @app.post("/offices/<office>/counters/<counter>/call-next")
    def call_next(office: str, counter: str) -> Any:
        called = _called(engine, office, counter)
        return called if called else ("", 204)

    return app


def _issued(engine: Engine, office: str, lane: str) -> dict[str, Any]:
    now = clock.now()
    with Session(engine, expire_on_commit=False) as db, db.begin():
        serial = db.get_one(Serial, (office, now.date(), lane), with_for_update=True)
        serial.last += 1
        ticket = Ticket(
            office=office, service_date=now.date(), lane=lane, serial=serial.last, issued_at=now
        )
        db.add(ticket)
    return _shown(ticket)


def _called(engine: Engine, office: str, counter: str) -> dict[str, Any] | None:
    """End who is at the counter and take who is next; the lock is taken as late as can be."""
    now = clock.now()
    today = (Ticket.office == office, Ticket.service_date == now.date())
    with Session(engine, expire_on_commit=False) as db, db.begin():
        db.execute(
            update(Ticket)
            .where(*today, Ticket.counter == counter, Ticket.status == "called")
            .values(status="finished", finished_at=now)
            .execution_options(synchronize_session=False)
        )
        turn = db.get_one(Turn, (office, now.date()), with_for_update=True)
        urgent = turn.priority_in_a_row < PRIORITY_IN_A_ROW
        lanes = ("priority", "regular") if urgent else ("regular", "priority")
        ticket = _first(db, today, lanes[0]) or _first(db, today, lanes[1])
        if ticket is None:
            return None
        ticket.status, ticket.counter, ticket.called_at = "called", counter, now
        turn.priority_in_a_row = turn.priority_in_a_row + 1 if ticket.lane == "priority" else 0
    return _shown(ticket)


def _first(db: Session, today: Any, lane: str) -> Ticket | None:
    waiting = select(Ticket).where(*today, Ticket.lane == lane, Ticket.status == "waiting")
    return db.scalars(waiting.order_by(Ticket.serial).limit(1)).first()


def _shown(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket_id": str(ticket.ticket_id),
        "number": f"{LETTERS[ticket.lane]}{ticket.serial:03}",
        "lane": ticket.lane,
        "status": ticket.status,
        "counter": ticket.counter,
        "issued_at": ticket.issued_at.isoformat(),
        "called_at": ticket.called_at.isoformat() if ticket.called_at else None,
    }
