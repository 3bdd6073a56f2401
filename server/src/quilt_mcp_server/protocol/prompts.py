"""Prompts for the common tasks: which tools to use, in which order, and what to say. None of these asks AWS."""

from typing import Annotated

from pydantic import Field

__all__ = ["compare_package_versions", "create_package", "explore_bucket", "query_data", "summarize_package"]

Name = Annotated[str, Field(max_length=200)]
Question = Annotated[str, Field(max_length=4000)]


def explore_bucket(bucket: Name) -> str:
    """What is in a bucket: its folders, its packages, and what to look at first."""
    return (
        f"Explore the bucket {bucket}. List its packages with packages_list and its top level with "
        "bucket_objects_list (recursive false). Go into the largest folders, one level at a time; read at most three "
        "small text files that explain the rest (README, manifest, data dictionary) with bucket_object_text. Then say "
        "what the bucket holds, how it is organized, and what would be worth a closer look."
    )


def summarize_package(bucket: Name, package: Name) -> str:
    """What a Quilt package holds, for a person who has not seen it."""
    return (
        f"Summarize the Quilt package {package} in the registry {bucket}. Use package_browse for its entries and "
        "metadata; read its README with bucket_object_text if there is one. Say what it is for, how many entries of "
        "which kinds and sizes it has, what its metadata says, and give its catalog_uri. Do not guess what you have "
        "not read."
    )


def compare_package_versions(bucket: Name, package: Name) -> str:
    """What changed between the last two versions of a Quilt package."""
    return (
        f"Find the two newest versions of the Quilt package {package} in the registry {bucket} with package_versions, "
        "compare them with package_diff, and explain what changed and why it may matter. If text files changed, read "
        "both versions of the smallest ones."
    )


def create_package(bucket: Name, package: Name, source: Name = "") -> str:
    """Make a Quilt package of objects in S3, after a person has agreed to it."""
    start = f"the objects below {source}" if source else "the objects that I name"
    return (
        f"Make the Quilt package {package} (user/name) in the registry {bucket} of {start}. First look: "
        "packages_list with this name as prefix (if it is there, propose package_update instead), bucket_objects_list "
        f"for the objects, and bucket_object_text of s3://{bucket}/.quilt/workflows/config.yml for the registry's "
        "workflows, if it has any: they may ask for a name of some form, a message, metadata and entries' metadata by "
        "a JSON schema. Then show me the entries with their paths, the metadata, the message and the workflow; wait "
        "until I agree. Use package_create_from_s3 for a whole prefix, package_create for chosen objects. If it is "
        "refused, say why and ask; do not weaken what I wanted. At the end check it with package_validate and give "
        "its top hash and its catalog_uri."
    )


def query_data(question: Question, database: Name = "") -> str:
    """Answer a question with SQL over the data in S3."""
    start = f"the database {database}" if database else "a fitting database (athena_databases_list)"
    return (
        f"Answer this question with Athena: {question}\n\nLook at {start} with athena_tables_list and "
        "athena_table_schema before you write SQL; filter by partition keys. Check the statement with "
        "athena_query_validate, run it with athena_query_execute, and get the rest with athena_query_result. Give the "
        "answer, the SQL, and how many bytes were scanned."
    )
