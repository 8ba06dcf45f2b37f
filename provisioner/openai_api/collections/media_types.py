"""Determines the media type of a file from its name. The Uploads API requires a media type.

The types are those that OpenAI documents for files of assistants. The tables of the operating system are not used,
because they differ between machines.
"""

from __future__ import annotations

from pathlib import PurePosixPath

#: The media type of a file whose extension is not known.
UNKNOWN = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument"
#: The media types by extension (https://platform.openai.com/docs/assistants/tools/file-search#supported-files).
MEDIA_TYPES = {
    "c": "text/x-c",
    "cpp": "text/x-c++",
    "cs": "text/x-csharp",
    "css": "text/css",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "gif": "image/gif",
    "go": "text/x-golang",
    "html": "text/html",
    "java": "text/x-java",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "jsonl": "text/jsonl",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "php": "text/x-php",
    "png": "image/png",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "py": "text/x-python",
    "rb": "text/x-ruby",
    "sh": "application/x-sh",
    "tar": "application/x-tar",
    "tex": "text/x-tex",
    "ts": "application/typescript",
    "txt": "text/plain",
    "webp": "image/webp",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}


def media_type_of(filename: str) -> str:
    """Returns the media type of a file with the name `filename`, such as `text/markdown`. If the extension of the name
    is not known, returns a general type (UNKNOWN).
    """
    return MEDIA_TYPES.get(PurePosixPath(filename).suffix[1:].lower(), UNKNOWN)
