"""Containers as real hosts, each with its own sshd and address, driven by real Ansible."""
