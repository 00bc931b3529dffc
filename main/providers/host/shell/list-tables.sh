# shellcheck shell=bash
# Prints the names of all nft tables, which only root may read.
nft list tables
