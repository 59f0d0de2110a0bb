"""Run the app in Flower's simulation runtime: `race.py` does, by the Python of an environment that has flwr.

One client at a time on each core, the message queue in memory: the quickest way that Flower has here.
"""

import os
import sys
from pathlib import Path

from flwr.simulation import run_simulation

from flower_app.client import app as client_app
from flower_app.course import PLACE, Course
from flower_app.server import app as server_app

CORES = 2

if __name__ == "__main__":
    run_simulation(
        server_app=server_app,
        client_app=client_app,
        num_supernodes=Course.at(Path(os.environ[PLACE])).clients,
        backend_config={
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
            "init_args": {
                "num_cpus": CORES,
                "include_dashboard": False,
                "_node_ip_address": "127.0.0.1",
                "_temp_dir": sys.argv[1],
                "object_store_memory": 256 * 2**20,
            },
        },
    )
