#!/usr/bin/env python3
"""Turns what pharox_bench wrote into a table, a list of targets and pictures.

    bench/report.py RESULT.json... FOLDER

The table (Markdown, also in FOLDER/report.md) sets this library beside each peer; below it stand
the targets of the benchmark with what was measured. Pictures go to FOLDER as SVG and PNG. Figures
are medians over the repetitions of each row.
"""

import argparse
import json
import math
import pathlib
import re
import statistics
import sys
from collections import namedtuple

SELECTORS = ("first_available", "least_used", "round_robin")
PEERS = {
    "LinearScan": "linear scan",
    "SQLite/memory": "SQLite in memory",
    "SQLite/wal_normal": "SQLite WAL, NORMAL",
    "SQLite/wal_full": "SQLite WAL, FULL",
}
OURS = "Pharox"

# A row of the grid; who is OURS or a key of PEERS.
Cell = namedtuple("Cell", "who what selector filter occupancy proxies")


# -- Reading ----------------------------------------------------------------------------------------


def read_rows(path):
    """Name -> counters. Medians where there are repetitions, else the only run."""
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"report.py: {path} is not a whole result of pharox_bench: {error}")
    once, medians = {}, {}
    for run in report["benchmarks"]:
        if run.get("error_occurred"):
            print(f"{run['name']}: {run.get('error_message', 'failed')}", file=sys.stderr)
            continue
        name = re.sub(r"/(real_time|process_time|iterations:\d+|repeats:\d+)", "", run["run_name"])
        if run.get("aggregate_name") == "median":
            medians[name] = run
        elif run["run_type"] == "iteration":
            once[name] = run
    return {**once, **medians}, report["context"]


def cell_of(name):
    """The place of a row in the grid, or None: "[PEER/][Select|Pair]/selector/filter/occ/proxies"."""
    parts = name.split("/")
    if len(parts) < 5 or parts[-4] not in SELECTORS:
        return None
    head = parts[:-4]
    what = next((part for part in head if part in ("Select", "Pair")), "Select")
    who = "/".join(part for part in head if part not in ("Select", "Pair")) or OURS
    return Cell(who, what, parts[-4], parts[-3], parts[-2], int(parts[-1]))


class Results:
    def __init__(self, paths):
        self.rows = {}
        for path in paths:
            rows, self.context = read_rows(path)
            self.rows.update(rows)
        self.grid = {}
        for name, row in self.rows.items():
            if (cell := cell_of(name)) is not None:
                self.grid[cell] = row
        ours = [cell for cell in self.grid if cell.who == OURS and cell.what == "Select"]
        # In the order of the benchmark, which goes from the simple filter to the composite one.
        self.filters = list(dict.fromkeys(cell.filter for cell in ours))
        self.occupancies = sorted({cell.occupancy for cell in ours}, key=float)
        self.sizes = sorted({cell.proxies for cell in ours if cell.proxies <= 1_000_000})
        self.sizes = self.sizes or [1_000, 1_000_000]  # when only other rows were run
        self.peers = [peer for peer in PEERS if any(cell.who == peer for cell in self.grid)]
        # Where a picture has room for one: half of the pool is leased.
        self.middle = self.occupancies[len(self.occupancies) // 2] if ours else None

    def rows_of(self, what, who=OURS, **place):
        """Select or Pair rows of one contender, those at this place."""
        return {
            cell: row
            for cell, row in self.grid.items()
            if cell[:2] == (who, what)
            and all(getattr(cell, axis) == value for axis, value in place.items())
        }

    def asked_everything(self):
        """The peers that can stand beside us in one line over all filters."""
        return [
            peer for peer in self.peers
            if {cell.filter for cell in self.rows_of("Select", peer, occupancy=self.middle)} == set(self.filters)
        ]

    def p50(self, cell):
        row = self.grid.get(cell)
        return row["p50_ns"] if row else None

    def matching(self, prefix, counter):
        return {
            name: row[counter]
            for name, row in self.rows.items()
            if name.startswith(prefix) and counter in row
        }


# -- Text -------------------------------------------------------------------------------------------


def time_text(nanoseconds):
    if nanoseconds is None:
        return ""
    for unit, size in (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if nanoseconds < 999.5 * size or unit == "s":
            value = nanoseconds / size
            return f"{value:.0f} {unit}" if value >= 100 or unit == "ns" else f"{value:.3g} {unit}"


def ratio_text(ratio):
    if ratio is None:
        return ""
    return f"{float(f'{ratio:.2g}'):,.0f} ×" if ratio >= 10 else f"{ratio:.1f} ×"


def size_text(proxies):
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if proxies >= size:
            return f"{proxies / size:g}{unit}"
    return f"{proxies:g}"


def markdown(titles, rows):
    cells = [titles] + rows
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    # The first column names the row; the others are figures.
    line = lambda row: "| " + " | ".join(
        text.ljust(width) if i == 0 else text.rjust(width)
        for i, (text, width) in enumerate(zip(row, widths))
    ) + " |"
    rule = "|" + "|".join(
        "-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)
    ) + "|"
    return "\n".join([line(titles), rule] + [line(row) for row in rows])


def comparison(results, what, occupancy, only_with_peers=False):
    """None when there is nothing to show."""
    small, large = results.sizes[0], results.sizes[-1]
    peers = [
        peer for peer in results.peers
        if any(cell[:2] == (peer, what) and cell.occupancy == occupancy for cell in results.grid)
    ]
    titles = [what, f"p50, {size_text(small)}", f"p50, {size_text(large)}", "p99", "max"]
    for peer in peers:
        titles += [PEERS[peer], "ratio"]
    rows = []
    for selector in SELECTORS:
        for filter_name in results.filters:
            cell = Cell(OURS, what, selector, filter_name, occupancy, large)
            theirs = [results.p50(cell._replace(who=peer)) for peer in peers]
            if cell not in results.grid or (only_with_peers and not any(theirs)):
                continue
            row = results.grid[cell]
            texts = [f"{selector}, {filter_name}", time_text(results.p50(cell._replace(proxies=small)))]
            texts += [time_text(row[counter]) for counter in ("p50_ns", "p99_ns", "max_ns")]
            for cost in theirs:
                texts += [time_text(cost), ratio_text(cost and cost / row["p50_ns"])]
            rows.append(texts)
    if not rows:
        return None
    return f"{occupancy} % of {large:,} proxies leased to their limit\n\n" + markdown(titles, rows)


# -- Targets ----------------------------------------------------------------------------------------

Target = namedtuple("Target", "question limit verdict measured")


def judged(question, limit_text, values, limit, text, at_least=False):
    """All of `values` (row -> figure) must keep to the limit. Tells the worst one."""
    if not values:
        return Target(question, limit_text, "not run", "")
    worst = (min if at_least else max)(values, key=values.get)
    broken = [v for v in values.values() if (v < limit if at_least else v > limit)]
    measured = text(values[worst])
    if len(values) > 1:
        where = worst if isinstance(worst, str) else "/".join(map(str, worst[2:]))
        measured = f"worst {measured} ({where})"
        if broken:
            measured += f"; {len(broken)} of {len(values)} rows"
    return Target(question, limit_text, "MISSED" if broken else "met", measured)


def ratios_to(results, peer, proxies, what="Select"):
    return {
        cell: row["p50_ns"] / ours
        for cell, row in results.rows_of(what, peer, proxies=proxies).items()
        if (ours := results.p50(cell._replace(who=OURS)))
    }


def sqlite_targets(results):
    """In memory, as we are. What its index answers at once costs about the same in every pool; what
    grows tenfold from the smallest to the largest pool is scanned or sorted."""
    small, large = results.sizes[0], results.sizes[-1]
    at_once, scanned = {}, {}
    for what in ("Select", "Pair"):
        for cell, ratio in ratios_to(results, "SQLite/memory", large, what).items():
            before = results.p50(cell._replace(proxies=small))
            grown = before is None or results.p50(cell) > 10 * before
            (scanned if grown else at_once)[what + "/" + "/".join(map(str, cell[2:]))] = ratio
    return [
        judged("against SQLite where its index answers at once", "≥ 5 ×", at_once, 5, ratio_text, True),
        judged("against SQLite where it scans or sorts", "≥ 100 ×", scanned, 100, ratio_text, True),
    ]


def grid_targets(results):
    small, large = results.sizes[0], results.sizes[-1]
    at_large = results.rows_of("Select", proxies=large)
    flatness = {
        cell: row["p50_ns"] / before
        for cell, row in at_large.items()
        if (before := results.p50(cell._replace(proxies=small)))
    }
    return [
        judged(f"p50 at {large:,} ÷ p50 at {small:,}", "≤ 3", flatness, 3, lambda r: f"{r:.2f}"),
        judged(f"p99 of a Select at {large:,}", "≤ 10 µs",
               {cell: row["p99_ns"] for cell, row in at_large.items()}, 10_000, time_text),
        judged(f"against the linear scan at {large:,}", "≥ 1,000 ×",
               ratios_to(results, "LinearScan", large), 1_000, ratio_text, True),
        *sqlite_targets(results),
        judged("a miss: p50 of an exhausted segment", "≤ 1 µs",
               {cell: row["p50_ns"] for cell, row in results.rows_of("Select", filter="exhausted").items()},
               1_000, time_text),
    ]


def other_targets(results):
    large = results.sizes[-1]
    rate = lambda per_second: f"{per_second / 1e6:.2f} M/s"
    pairs = results.matching(f"Pair/least_used/none/0/{large}", "items_per_second")
    pair = judged("Pair/least_used/none, one thread", "≥ 1.5 M/s", pairs, 1.5e6, rate, True)
    yardstick = results.matching(f"Yardstick/mutex_unordered_map/{large}", "items_per_second")
    if pairs and yardstick:
        share = next(iter(pairs.values())) / next(iter(yardstick.values()))
        pair = pair._replace(measured=pair.measured + f"; {share:.2f} of the yardstick's rate")
    # By the clock around many, because one is not much longer than reading the clock.
    wheel = results.matching("Wheel/schedule_cancel/", "real_time")
    flat = {"": max(wheel.values()) / min(wheel.values())} if wheel else {}
    return [
        pair,
        judged("p99 of a health result", "≤ 5 µs", results.matching("Health/", "p99_ns"), 5_000,
               time_text),
        judged("add_proxies_bulk", "≥ 0.5 M/s",
               results.matching(f"Bulk/add_proxies_bulk/{large}", "items_per_second"), 5e5, rate, True),
        judged("memory per proxy beyond its text", "≤ 300 B",
               results.matching(f"Bulk/add_proxies_bulk/{large}", "bytes_beyond_text_per_proxy"), 300,
               lambda size: f"{size:.0f} B"),
        judged("leases expiring at one moment", "≥ 1 M/s",
               results.matching(f"Expiry/{large}", "items_per_second"), 1e6, rate, True),
        judged("longest acquire meanwhile", "≤ 1 ms",
               results.matching("Expiry/", "acquire_max_ns"), 1e6, time_text),
        judged("timer: schedule + cancel", "≤ 100 ns", wheel, 100, time_text),
        judged("timer: slowest ÷ fastest of these", "≤ 3", flat, 3, lambda r: f"{r:.2f}"),
    ]


Figure = namedtuple("Figure", "row value")  # value: None when the row was not run


def durable(results, name, counter="items_per_second"):
    return Figure(name, results.rows.get(f"Durable/{name}", {}).get(counter))


def best(results, prefix):
    """Of the rows whose names begin so, the one that does the most a second."""
    rates = results.matching(f"Durable/{prefix}/", "items_per_second")
    if not rates:
        return Figure(f"{prefix}/…", None)
    row = max(rates, key=rates.get)
    return Figure(row.removeprefix("Durable/"), rates[row])


def divided(question, ours, theirs, limit, at_least=True):
    """A target on the quotient of two figures."""
    limit_text = f"{'≥' if at_least else '≤'} {limit:g}"
    missing = [figure.row for figure in (ours, theirs) if not figure.value]
    if missing:
        return Target(question, limit_text, "not run", "no " + ", no ".join(missing))
    ratio = ours.value / theirs.value
    broken = ratio < limit if at_least else ratio > limit
    return Target(question, limit_text, "MISSED" if broken else "met",
                  f"{ratio:.2f} ({ours.row} ÷ {theirs.row})")


def durable_targets(results):
    """What the disk and RocksDB do in the same run is the measure: a pair is two commits, so half of
    their puts are as many pairs."""
    rate = lambda name: durable(results, name)
    half = lambda name: Figure(name, (value := rate(name).value) and value / 2)
    p99_of_64 = durable(results, "sync/64", "acquire_p99_ns")
    p99_of_sync = durable(results, "raw/fdatasync", "p99_ns")
    return [
        divided("sync, one blocking caller ÷ half the synced puts", rate("sync/1"),
                half("raw/synced/1"), 0.9),
        divided("process, one blocking caller ÷ half the unsynced puts", rate("process/1"),
                half("raw/unsynced/1"), 0.8),
        divided("sync, 64 blocking threads ÷ half the synced puts of 64", rate("sync/64_threads"),
                half("raw/synced/64_threads"), 1.5),
        divided("sync, 1,024 in flight ÷ half the puts in synced batches of 1,024",
                rate("sync/1024"), half("raw/synced/batch_1024"), 0.6),
        divided("process, 1,024 in flight ÷ half the puts in unsynced batches of 256",
                rate("process/1024"), half("raw/unsynced/batch_256"), 0.6),
        divided("sync, p99 of an acquire, 64 in flight ÷ p99 of fdatasync", p99_of_64, p99_of_sync,
                4, at_least=False),
        divided("sync, 1,024 in flight ÷ SQLite FULL, 64 pairs a transaction", rate("sync/1024"),
                rate("SQLite/full/64_in_transaction"), 2.5),
        divided("the same, and SQLite with one index", rate("sync/1024"),
                rate("SQLite/full/64_in_transaction_one_index"), 2.5),
        divided("process, one blocking caller ÷ SQLite NORMAL, one by one", rate("process/1"),
                rate("SQLite/normal/1"), 6),
        divided("the same, and SQLite with one index", rate("process/1"),
                rate("SQLite/normal/1_one_index"), 6),
        divided("process, our best ÷ Redis's best with everysec", best(results, "process"),
                best(results, "Redis/everysec"), 8),
        divided("sync, our best ÷ Redis's best with always", best(results, "sync"),
                best(results, "Redis/always"), 8),
        wake_up_target(results),
    ]


def wake_up_target(results):
    """From the begin of a release to the return of the acquire that waited for it."""
    question, limit_ns = "process, wake-up of a waiting thread after a release, p50", 50_000
    p50 = results.rows.get("Wait/threads", {}).get("p50_ns")
    if p50 is None:
        return Target(question, f"≤ {time_text(limit_ns)}", "not run", "no Wait/threads")
    return Target(question, f"≤ {time_text(limit_ns)}", "MISSED" if p50 > limit_ns else "met",
                  time_text(p50))


def durable_table(results):
    """None when no such row was run."""
    rows = []
    for name, row in results.rows.items():
        if not name.startswith("Durable/") or "items_per_second" not in row:
            continue
        percentiles = [row.get("acquire_" + counter, row.get(counter)) for counter in ("p50_ns", "p99_ns")]
        rows.append([name.removeprefix("Durable/"), f"{row['items_per_second']:,.0f}"]
                    + [time_text(value) for value in percentiles])
    return markdown(["Durable", "a second", "p50", "p99"], rows) if rows else None


def targets_text(results):
    targets = grid_targets(results) + other_targets(results) + durable_targets(results)
    return markdown(["target", "limit", "", "measured"], [list(target) for target in targets])


def machine_text(context):
    lines = [f"{context.get('num_cpus', '?')} cores at {context.get('mhz_per_cpu', '?')} MHz",
             str(context.get("date", ""))[:10]]
    if "clock_ns" in context:
        lines.append(f"each latency includes {context['clock_ns']} ns of the clock")
    return ", ".join(lines)


# -- Pictures ---------------------------------------------------------------------------------------

# Okabe and Ito's colours, told apart with every kind of colour vision.
COLOURS = {
    OURS: "#0072B2",
    "LinearScan": "#D55E00",
    "SQLite/memory": "#009E73",
    "SQLite/wal_normal": "#CC79A7",
    "SQLite/wal_full": "#8C6D00",
    "RocksDB": "#999999",
    "Redis": "#D55E00",
}
INK, FAINT = "#222222", "#D9D9D9"
WIDTH_INCHES = 9.2


def plain_style(plt):
    plt.rcParams.update({
        "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10.5,
        "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 9,
        "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
        "axes.edgecolor": "#888888", "axes.linewidth": 0.7, "axes.spines.top": False,
        "axes.spines.right": False, "axes.axisbelow": True, "grid.color": FAINT,
        "grid.linewidth": 0.6, "xtick.major.size": 0, "ytick.major.size": 0,
        "xtick.minor.size": 0, "ytick.minor.size": 0, "figure.dpi": 200, "svg.hashsalt": "pharox",
    })


def name_of(who):
    return PEERS.get(who, who)


def heading(figure, title, subtitle):
    """At the top, in space that is the same whatever the height of the figure."""
    height = figure.get_figheight()
    figure.text(0.012, 1 - 0.10 / height, title, ha="left", va="top", fontsize=13,
                fontweight="bold")
    figure.text(0.012, 1 - 0.38 / height, subtitle, ha="left", va="top", fontsize=9, color="#555555")
    return (0, 0, 1, 1 - 0.66 / height)


def decade_below(value):
    return 10 ** math.floor(math.log10(value))


def log_time_axis(axis, ticker):
    axis.set_major_locator(ticker.LogLocator(base=10, numticks=20))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: time_text(value)))


def spread_labels(labels, least_gap):
    """Moves labels (position, ...) on a log axis apart, keeping their order."""
    labels = sorted(labels)
    placed = []
    for position, *rest in labels:
        at = math.log10(position)
        if placed and at - placed[-1][0] < least_gap:
            at = placed[-1][0] + least_gap
        placed.append((at, *rest))
    return [(10**at, *rest) for at, *rest in placed]


def draw_cost(results, plt, ticker):
    figure, axes = plt.subplots(1, len(SELECTORS), figsize=(WIDTH_INCHES, 4.3), sharey=True)
    everything = []
    for axis, selector in zip(axes, SELECTORS):
        ends = []
        for who in [OURS] + results.asked_everything():
            by_size = {}
            for cell, row in results.rows_of("Select", who, selector=selector,
                                            occupancy=results.middle).items():
                if cell.proxies <= results.sizes[-1]:
                    by_size.setdefault(cell.proxies, []).append(row["p50_ns"])
            if not by_size:
                continue
            sizes = sorted(by_size)
            costs = [by_size[size] for size in sizes]
            everything += [cost for at_size in costs for cost in at_size]
            middle = [statistics.median(cost) for cost in costs]
            axis.fill_between(sizes, [min(cost) for cost in costs], [max(cost) for cost in costs],
                              color=COLOURS[who], alpha=0.13, linewidth=0)
            axis.plot(sizes, middle, color=COLOURS[who], linewidth=2.2 if who == OURS else 1.5,
                      marker="o", markersize=4)
            ends.append((middle[-1], name_of(who), COLOURS[who]))
        axis.set_title(selector)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(results.sizes, [size_text(size) for size in results.sizes])
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.set_xlim(results.sizes[0] * 0.7, results.sizes[-1] * 1.5)
        axis.grid(axis="y")
        axis.set_xlabel("proxies in the pool")
        if axis is axes[-1]:
            for position, label, colour in spread_labels(ends, 0.5):
                axis.annotate(label, (1.0, position), xycoords=("axes fraction", "data"),
                              xytext=(6, 0), textcoords="offset points", va="center",
                              color=colour, fontweight="bold", annotation_clip=False)
    log_time_axis(axes[0].yaxis, ticker)
    axes[0].set_ylim(decade_below(min(everything)), 2 * max(everything))
    space = heading(figure, "What a choice costs, by the size of the pool",
                    f"p50 of a Select, {results.middle} % of the proxies leased to their limit. "
                    f"Line: median over the {len(results.filters)} filters; band: from the cheapest "
                    "to the dearest.")
    figure.tight_layout(rect=space)
    return figure


def panels_of_filters(results, plt, height):
    """A panel for each selector, on a log axis, with a row for each filter from the top down."""
    figure, axes = plt.subplots(1, len(SELECTORS), figsize=(WIDTH_INCHES, height), sharey=True,
                                sharex=True)
    for axis, selector in zip(axes, SELECTORS):
        axis.set_title(selector)
        axis.set_xscale("log")
        axis.set_yticks(range(len(results.filters)), results.filters)
    axes[0].invert_yaxis()
    return figure, axes


def draw_latency(results, plt, ticker):
    large = results.sizes[-1]
    figure, axes = panels_of_filters(results, plt, 4.6)
    everything = [10_000]
    for axis, selector in zip(axes, SELECTORS):
        for place, filter_name in enumerate(results.filters):
            row = results.grid.get(
                Cell(OURS, "Select", selector, filter_name, results.middle, large))
            if row is None:
                continue
            p50, p99, most = row["p50_ns"], row["p99_ns"], row["max_ns"]
            everything += [p50, most]
            axis.plot([p50, p99], [place, place], color=COLOURS[OURS], linewidth=3.2,
                      solid_capstyle="round")
            axis.plot([p99, most], [place, place], color=COLOURS[OURS], linewidth=0.9, alpha=0.55)
            axis.plot(p50, place, "o", color=COLOURS[OURS], markersize=5.5)
            axis.plot(p99, place, "o", markerfacecolor="white", markeredgecolor=COLOURS[OURS],
                      markersize=5.5, markeredgewidth=1.4)
            axis.plot(most, place, "|", color=COLOURS[OURS], markersize=7, markeredgewidth=1.4)
        axis.axvline(10_000, color=COLOURS["LinearScan"], linewidth=1, dashes=(4, 3))
        axis.grid(axis="x")
    log_time_axis(axes[0].xaxis, ticker)
    axes[0].set_xlim(decade_below(min(everything)), 1.6 * max(everything))
    axes[-1].annotate("target for p99", (10_000, 1), xycoords=("data", "axes fraction"),
                      xytext=(0, 3), textcoords="offset points", color=COLOURS["LinearScan"],
                      fontsize=8)
    space = heading(figure, f"How long a choice takes among {large:,} proxies",
                    f"● p50   ○ p99   | the longest of all.  {results.middle} % of the proxies leased "
                    "to their limit.")
    figure.tight_layout(rect=space)
    return figure


def draw_ratios(results, plt, ticker):
    large = results.sizes[-1]
    peers = [peer for peer in results.peers if peer in ("LinearScan", "SQLite/memory")]
    figure, axes = panels_of_filters(results, plt, 5.2)
    thickness = 0.8 / max(len(peers), 1)
    for axis, selector in zip(axes, SELECTORS):
        for turn, peer in enumerate(peers):
            ratios = ratios_to(results, peer, large)
            for place, filter_name in enumerate(results.filters):
                ratio = ratios.get(Cell(peer, "Select", selector, filter_name, results.middle, large))
                if ratio is None:
                    continue
                at = place + (turn - (len(peers) - 1) / 2) * thickness
                axis.barh(at, ratio - 1, left=1, height=thickness * 0.9, color=COLOURS[peer])
                axis.annotate(ratio_text(ratio), (max(ratio, 1), at), xytext=(3, 0),
                              textcoords="offset points", va="center", fontsize=6.5)
        axis.xaxis.set_major_locator(ticker.LogLocator(base=100, numticks=10))
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda ratio, _: f"{size_text(ratio)} ×"))
        axis.axvline(1, color="#888888", linewidth=0.7)
        axis.spines["left"].set_visible(False)
    low, high = axes[0].get_xlim()
    axes[0].set_xlim(min(low, 1), high * 8)  # room for the figures behind the bars
    space = heading(figure, f"How many times as long others take, with {large:,} proxies",
                    "p50 of the peer ÷ p50 of Pharox, "
                    f"{results.middle} % of the proxies leased to their limit.")
    figure.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=COLOURS[peer]) for peer in peers],
                  labels=[name_of(peer) for peer in peers], loc="upper right", ncols=2, frameon=False,
                  handlelength=0.9, handleheight=0.9, borderaxespad=0.4)
    figure.tight_layout(rect=space)
    return figure


def durable_bars(results, mode):
    """(label, pairs a second, who) from the top down, of what was run."""
    sync = mode == "sync"
    raw, batch = ("raw/synced", "batch_1024") if sync else ("raw/unsynced", "batch_256")
    sqlite = "SQLite/full" if sync else "SQLite/normal"
    rate = lambda name: durable(results, name).value
    half = lambda name: (value := rate(name)) and value / 2
    bars = [
        ("Pharox, one caller", rate(f"{mode}/1"), OURS),
        ("64 threads", rate(f"{mode}/64_threads"), OURS),
        ("1,024 coroutines in flight", rate(f"{mode}/1024"), OURS),
        ("RocksDB alone ÷ 2, one by one", half(f"{raw}/1"), "RocksDB"),
        (f"in batches of {batch.removeprefix('batch_')}", half(f"{raw}/{batch}"), "RocksDB"),
        ("SQLite, one by one", rate(f"{sqlite}/1"), "SQLite/memory"),
        ("64 in a transaction", rate(f"{sqlite}/64_in_transaction"), "SQLite/memory"),
        ("Redis, its best load", best(results, f"Redis/{'always' if sync else 'everysec'}").value,
         "Redis"),
    ]
    return [bar for bar in bars if bar[1]]


def draw_durable(results, plt, ticker):
    panels = {"survives power loss": durable_bars(results, "sync"),
              "survives kill -9": durable_bars(results, "process")}
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH_INCHES, 3.4))
    everything = [rate for bars in panels.values() for _, rate, _ in bars]
    for axis, (title, bars) in zip(axes, panels.items()):
        axis.set_title(title)
        axis.set_xscale("log")
        axis.set_xlim(decade_below(min(everything)), 4 * max(everything))
        for place, (_, rate, who) in enumerate(bars):
            axis.barh(place, rate, height=0.68, color=COLOURS[who])
            axis.annotate(f"{float(f'{rate:.3g}'):,.0f}", (rate, place), xytext=(3, 0),
                          textcoords="offset points", va="center", fontsize=8)
        axis.set_yticks(range(len(bars)), [label for label, _, _ in bars])
        axis.invert_yaxis()
        axis.xaxis.set_major_locator(ticker.LogLocator(base=10, numticks=10))
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda rate, _: size_text(rate)))
        axis.grid(axis="x")
    space = heading(figure, "How many leases a second a store on disk grants and takes back",
                    "Acquire + release, each as durable as the panel says; 100,000 proxies, the least "
                    "used one.")
    figure.tight_layout(rect=space)
    return figure


def draw_all(results, folder):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib import ticker
    plain_style(plt)
    pictures = {}
    if results.filters:
        pictures = {"cost": draw_cost, "latency": draw_latency}
    if results.peers:
        pictures["ratio"] = draw_ratios
    if durable_bars(results, "sync") and durable_bars(results, "process"):
        pictures["durable"] = draw_durable
    for name, draw in pictures.items():
        figure = draw(results, plt, ticker)
        for kind in ("svg", "png"):
            figure.savefig(folder / f"{name}.{kind}", facecolor="white",
                           metadata={"Date": None} if kind == "svg" else None)
        plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", type=pathlib.Path, nargs="+",
                        help="what pharox_bench --benchmark_out= wrote")
    parser.add_argument("folder", type=pathlib.Path, help="where report.md and the pictures go")
    arguments = parser.parse_args()
    results = Results(arguments.json)
    parts = [comparison(results, "Select", occupancy) for occupancy in results.occupancies]
    parts.append(comparison(results, "Pair", results.middle, only_with_peers=True))
    parts += [durable_table(results), targets_text(results), machine_text(results.context)]
    text = "\n\n".join(part for part in parts if part)
    print(text)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "report.md").write_text(text + "\n")
    draw_all(results, arguments.folder)


if __name__ == "__main__":
    main()
