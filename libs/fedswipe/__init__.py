"""FedSwipe: federated learning for swipe keyboards, on Apache Kafka."""
