"""A load generator of the article's kind: aiohttp, one Python process, a closed loop of 100 requests at a time over connections
that are kept.

    python3 tests/scorecard/article_client.py refill|loop SECONDS URL       prints one line of JSON

`refill`, as the article goes about it: every request is a task of its own; asyncio.wait() returns when one is done, and as many
are begun anew.  `loop`, which asks less of the interpreter: 100 tasks, each sending its next request when it has its answer.
Nothing of the article's code is in here.
"""

import asyncio
import json
import resource
import sys
import time

import aiohttp

AT_A_TIME = 100
BODY = {"user_id": 123, "action": "get_profile"}


async def ask(session, url):
    """Seconds from before the request is sent until its answer is read as JSON."""
    begun = time.perf_counter()
    async with session.post(url, json=BODY) as answer:
        answer.raise_for_status()
        await answer.json()
    return time.perf_counter() - begun


async def refill(session, url, end):
    took, running = [], set()
    while time.perf_counter() < end:
        running |= {asyncio.create_task(ask(session, url)) for _ in range(AT_A_TIME - len(running))}
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        took += [task.result() for task in done]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return took


async def loop(session, url, end):
    took = []

    async def again_and_again():
        while time.perf_counter() < end:
            took.append(await ask(session, url))

    await asyncio.gather(*(again_and_again() for _ in range(AT_A_TIME)))
    return took


async def measure(form, seconds, url):
    connector = aiohttp.TCPConnector(limit=AT_A_TIME)
    async with aiohttp.ClientSession(connector=connector) as session:
        await form(session, url, time.perf_counter() + min(0.5, seconds / 4))       # connects, and warms up
        before, begun = cpu_seconds(), time.perf_counter()
        took = await form(session, url, begun + seconds)
        return took, time.perf_counter() - begun, cpu_seconds() - before


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    form, seconds, url = {"refill": refill, "loop": loop}[sys.argv[1]], float(sys.argv[2]), sys.argv[3]
    took, elapsed, cpu = asyncio.run(measure(form, seconds, url))
    took.sort()
    print(json.dumps({"throughput": len(took) / elapsed, "mean_ms": 1000 * sum(took) / len(took),
                      "p99_ms": 1000 * took[int(0.99 * len(took))], "busy": cpu / elapsed}))


if __name__ == "__main__":
    main()
