"""What is asked of Postern, "to the limit": a table of figures, each with what it must reach and what it should.

A measurement yields row(key, cell, …); whether the goal is reached is rows.reached()'s to say.
"""

import dataclasses

from rows import LESS, MORE, POSTERN, Row

GROUP = "limit"


@dataclasses.dataclass(frozen=True)
class Goal:
    what: str
    at_least: float
    aim: float | None
    better: str = MORE
    unit: str = ""


ON_A_CORE = "requests a second of CPU time"
GOALS = {
    "json-cpu": Goal("POST /json: CPU time of a server that does nothing ÷ Postern's, at the same rate", 0.85, 0.92),
    "me-cpu-uncached": Goal("GET /users/me, HS256, cache off: the same", 0.45, 0.60),
    "me-cpu-cached": Goal("GET /users/me, HS256, one user and token, so that the cache always has them: the same", 0.65, 0.75),
    "me-es256-cpu-cached": Goal("GET /users/me, ES256, likewise: the same", 0.65, 0.75),
    "json-axum": Goal(f"POST /json: Postern ÷ Axum, {ON_A_CORE}", 1.2, 1.5),
    "json-axum-same": Goal(f"POST /json: Postern ÷ Axum with the same technique, {ON_A_CORE}", 1.2, 1.5),
    "me-axum": Goal(f"GET /users/me: Postern ÷ Axum, {ON_A_CORE}", 2.5, 5),
    "me-axum-same": Goal(f"GET /users/me: Postern ÷ Axum with the same technique, {ON_A_CORE}", 1.3, 2),
    "me-fastapi": Goal(f"GET /users/me: Postern ÷ FastAPI, {ON_A_CORE}", 50, 100),
    "me-fastapi-same": Goal(f"GET /users/me: Postern ÷ FastAPI with the same technique, {ON_A_CORE}", 10, 15),
    "token-axum": Goal("Log-ins: Postern ÷ Axum with its own hash library, a second of CPU time", 1.5, 2),
    "token-axum-same": Goal("Log-ins: Postern ÷ Axum with libsodium, a second of CPU time", 1.0, 1.1),
    "token-fastapi": Goal("Log-ins: Postern ÷ FastAPI with its own hash library, a second of CPU time", 1.5, 2),
    "token-fastapi-same": Goal("Log-ins: Postern ÷ FastAPI with libsodium, a second of CPU time", 1.0, 1.1),
    "logins-bare": Goal("Log-ins ÷ bare argon2id hashes of the same library, a core", 0.97, 0.98),
    "registrations": Goal("Durable registrations ÷ log-ins, a core", 0.90, 0.97),
    "p99": Goal("GET /users/me at 30 % of capacity: p99 while log-ins saturate ÷ idle p99, a core", 2.5, 1.5, LESS),
    "p99-quota": Goal("The same on all cores, under a CPU quota of one", 2.5, 1.5, LESS),
    "overload": Goal("Five times too many log-ins: right answers a second ÷ the most there are", 0.95, 0.99),
    "renewal": Goal("POST /json: a new connection every 10 requests ÷ connections kept, requests a second", 0.60, 0.75),
    "idle-connection": Goal("Memory an idle connection, user space", 1024, 300, LESS, "bytes"),
    "start": Goal("Start to first answer", 20, 5, LESS, "ms"),
    "loops-cpu": Goal("POST /json: CPU time with two loops ÷ with one, at the same rate", 1.11, 1.03, LESS),
    "loops-busy": Goal("The busier of two loops ÷ the other, CPU time", 1.05, None, LESS),
}


def row(key, cell, command="", doubts=(), others=None):
    """`others`: cells of the contenders, where the figure is not already a ratio to one."""
    goal = GOALS[key]
    return Row(f"limit-{key}", GROUP, goal.what, goal.unit, goal.better, {POSTERN: cell, **(others or {})}, command,
               tuple(dict.fromkeys(filter(None, doubts))), at_least=goal.at_least, aim=goal.aim)
