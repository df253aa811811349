"""Solves one instance, JSON on stdin, with Meta's `rebalancer` (Python 3.12 or later): JSON {target, seconds} on stdout."""

import json
import os
import sys
import time

from rebalancer import ProblemSolver

instance = json.load(sys.stdin)
held = {f"c{at}": [] for at in range(instance["containers"])}
for shard, container in enumerate(instance["current"]):
    held[f"c{container}"].append(f"s{shard}")
load = {f"s{shard}": own for shard, own in enumerate(instance["load"])}

# Its log goes to both streams: the answer needs one of its own.
answer = os.dup(1)
silence = os.open(os.devnull, os.O_WRONLY)
os.dup2(silence, 1)
os.dup2(silence, 2)

solver = ProblemSolver(service_name="bench", service_scope="bench")
solver.disable_solution_summary()
solver.set_object_name("shard").set_container_name("container")
solver.set_assignment(held)
solver.add_object_dimension("load", load)
balance = {"name": "load", "scope": "container", "dimension": "load", "upperBound": instance["most"]}
solver.add_goal({"balanceSpec": balance})
solver.add_goal_boundary()
movement = {"name": "moves", "scope": "container", "dimension": "shard_count"}
solver.add_goal({"minimizeMovementSpec": movement})
kinds = [{"singleMoveTypeSpec": {}}, {"swapMoveTypeSpec": {}}]
search = {"solveTime": instance["seconds"], "moveTypeList": kinds}
solver.add_solver({"localSearchSolverSpec": search})
started = time.monotonic()
solution = solver.solve()
seconds = time.monotonic() - started
assignment = solution["assignment"]
target = [int(assignment[f"s{shard}"][1:]) for shard in range(len(instance["current"]))]
os.write(answer, json.dumps({"target": target, "seconds": seconds}).encode())
