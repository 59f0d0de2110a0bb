"""`fedswipe forget`: it imports what it needs when it is called."""

from typing import Annotated

import typer


def forget(
    client_id: Annotated[str, typer.Argument(help="Whose swipes and deltas take no part from now on.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a client for good; docs/privacy.md says what remains of it, and how long."""
    from fedswipe.cli.addresses import kafka_address
    from fedswipe.events import ClientForgotten, ClientId
    from fedswipe.kafka.producer import EventProducer
    from fedswipe.kafka.settings import KafkaSettings
    from fedswipe.swipe_check import check_id
    from fedswipe.topology import CLIENTS

    check_id("CLIENT_ID", client_id)
    if yes or typer.confirm(f"Forget {client_id}? This cannot be taken back."):
        with EventProducer(KafkaSettings(kafka_address())) as producer:
            event = ClientForgotten(ClientId(client_id))
            offset = producer.send(CLIENTS, event, key=client_id, partition=0).result()
        print(f"{client_id} is forgotten, by offset {offset} of {CLIENTS.name}.")
