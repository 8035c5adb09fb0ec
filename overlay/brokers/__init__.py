"""Starting and stopping the brokers of a domain: nats-server and RabbitMQ."""
