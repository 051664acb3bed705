"""A whole keepalived.conf: the blocks as they come, their order included."""

from collections.abc import Iterator, Mapping
from functools import partial

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.adapt_addresses import address_entries
from vrrpd.config.keepalived.adapt_global import global_defs, process_keywords
from vrrpd.config.keepalived.adapt_groups import (
    bfd_instance,
    garp_group,
    linkbeat_interfaces,
    sync_group,
    track_group,
    up_down_delays,
)
from vrrpd.config.keepalived.adapt_instance import instance_keywords
from vrrpd.config.keepalived.adapt_routes import routes, rules_of
from vrrpd.config.keepalived.adapt_scripts import named_block, track_file, track_process, vrrp_script
from vrrpd.config.keepalived.adapt_tracks import Reference, not_found, references
from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.lvs import Lvs
from vrrpd.config.keepalived.words import Draft, complain, ignored, interface_word
from vrrpd.config.model import (
    BfdInstance,
    GarpGroup,
    LinkbeatInterface,
    Route,
    Rule,
    Track,
    TrackFile,
    TrackGroup,
    TrackProcess,
    UpDownDelay,
    VirtualAddress,
    VrrpScript,
)

_WEIGHT_LIMITS = {
    "track_script": 253,
    "track_interface": 253,
    "track_bfd": 253,
    "track_file": 254,
    "track_process": 254,
}


class Reader:
    """Collects blocks. Instances and sync groups stay drafts until everything has been read."""

    def __init__(self) -> None:
        self.global_defs = Draft()
        self.process = Draft()
        self.scripts: dict[str, VrrpScript] = {}
        self.files: dict[str, TrackFile] = {}
        self.processes: dict[str, TrackProcess] = {}
        self.bfds: dict[str, BfdInstance] = {}
        self.instances: dict[str, Draft] = {}
        self.groups: dict[str, Draft] = {}
        self.track_groups: dict[str, TrackGroup] = {}
        self.garp_groups: list[GarpGroup] = []
        self.linkbeats: list[LinkbeatInterface] = []
        self.delays: list[UpDownDelay] = []
        self.statics = Draft()
        self._instance_draft = Draft()
        self._instance_keywords = instance_keywords(self._instance_draft, self._track_keywords(self._instance_draft))
        self.lvs = Lvs()

    def read(self, cursor: Cursor) -> None:
        cursor.top(self._keywords(), "a keepalived.conf")
        for draft in (*self.instances.values(), *self.groups.values(), self.statics):
            draft.settle()

    def _keywords(self) -> dict[str, Handler]:
        file = partial(track_file, self.files)
        return {
            **process_keywords(self.process),
            **self.lvs.keywords(),
            "include_check": ignored,
            "global_defs": partial(global_defs, self.global_defs),
            "vrrp_instance": self._instance,
            "vrrp_sync_group": self._group,
            "vrrp_script": partial(vrrp_script, self.scripts),
            "track_file": file,
            "vrrp_track_file": file,
            "vrrp_track_process": partial(track_process, self.processes),
            "bfd_instance": partial(bfd_instance, self.bfds),
            "track_group": partial(track_group, self.track_groups),
            "garp_group": partial(garp_group, self.garp_groups),
            "linkbeat_interfaces": partial(linkbeat_interfaces, self.linkbeats),
            "interface_up_down_delays": partial(up_down_delays, self.delays, self.statics.origins),
            "static_ipaddress": self._static,
            "static_routes": self._static,
            "static_rules": self._static,
        }

    def _instance(self, cursor: Cursor, statement: Statement) -> None:
        self._instance_draft.origins[""] = statement.location
        name = named_block(cursor, statement, self.instances, self._instance_keywords)
        draft = self._instance_draft.handed_over()
        if name is not None:
            self.instances[name] = draft

    def _group(self, cursor: Cursor, statement: Statement) -> None:
        current = Draft()
        sync_group(self.groups, self._track_keywords(current), cursor, statement)
        if statement.arguments and (draft := self.groups.get(statement.words[1].text)) is not None:
            draft.lists.update(current.lists)
            draft.origins.update(current.origins)

    def _static(self, cursor: Cursor, statement: Statement) -> None:
        keyword = statement.keyword
        found = self.statics.collect(keyword, statement.location)
        entries: Iterator[tuple[VirtualAddress | Route | Rule, Written]]
        match keyword:
            case "static_ipaddress":
                entries = address_entries(statement, cursor)
            case "static_routes":
                entries = routes(statement, cursor)
            case _:
                entries = rules_of(statement, cursor)
        for value, word in entries:
            self.statics.origins[f"{keyword}.{len(found)}"] = word.location
            found.append(value)

    # -- trackers ----------------------------------------------------------------------------------------------------

    def _track_keywords(self, draft: Draft) -> dict[str, Handler]:
        return {keyword: partial(self._track, draft) for keyword in _WEIGHT_LIMITS}

    def _track(self, draft: Draft, cursor: Cursor, statement: Statement) -> None:
        keyword = statement.keyword
        found = draft.collect(keyword, statement.location)
        for reference in references(statement, cursor, _WEIGHT_LIMITS[keyword]):
            track = self._resolved(keyword, reference, cursor)
            if track is None:
                continue
            origin = f"{keyword}={track.name}"
            if origin in draft.seen:
                complain(
                    cursor, reference.name, "repeated-track", f"{track.name} is tracked already: this line is ignored"
                )
                continue
            draft.seen.add(origin)
            draft.origins[f"{keyword}.{len(found)}"] = reference.name.location
            found.append(track)

    def _resolved(self, keyword: str, reference: Reference, cursor: Cursor) -> Track | None:
        """With the weight of the tracker's own definition where the line says none."""
        name = reference.name.text
        if keyword == "track_interface":
            weight = reference.weight
            known = interface_word(cursor, reference.name, keyword)
            if known is not None:
                cursor.uses_interface(known, reference.name.location, keyword)
            return (
                None if known is None else Track(known, weight.value if weight else 0, bool(weight and weight.reverse))
            )
        known_blocks = self._trackers(keyword)
        block = known_blocks.get(name)
        if block is None:
            kind = {"track_script": "vrrp_script", "track_process": "vrrp_track_process", "track_bfd": "bfd_instance"}
            not_found(cursor, reference, kind.get(keyword, "track_file"), known_blocks)
            return None
        weight = reference.weight
        if weight is None:
            return Track(name, block.weight, block.reverse)
        return Track(name, weight.value, block.reverse if weight.reverse is None else weight.reverse)

    def _trackers(self, keyword: str) -> Mapping[str, VrrpScript | TrackFile | TrackProcess | BfdInstance]:
        match keyword:
            case "track_script":
                return self.scripts
            case "track_file":
                return self.files
            case "track_process":
                return self.processes
            case _:
                return self.bfds
