"""An index on a cluster made anew, with another model or by newer rules, while the one before answers questions."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from searchkit.cluster import home, session
from searchkit.cluster.address import Address
from searchkit.cluster.latest import ClusterLatest
from searchkit.indexing.cluster_stock import ClusterStock
from searchkit.indexing.copying import ClusterOriginal, fill
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.sync import whole
from searchkit.models.embedders import embedder as embedder_called
from searchkit.models.embedders import token_counter
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Progress


def rebuilt(
    address: Address, wanted: Any, progress: Progress, *, timeout: float | None = None
) -> tuple[int, Embedder | None]:
    """Rebuild with the wanted model, or else the one that the index names; return the generation and the model.

    All goes into other indices, over to which the aliases are switched as one. Vectors of the same model are kept.
    Nobody writes meanwhile. Raises IndexLocked.
    """
    with contextlib.closing(home.client(address)) as client, session.writing(client, timeout) as held:
        before = held.settings
        model = embedder_called(before.embedder or "none" if wanted is None else wanted)
        same = (model.digest if model else None) == before.embedder_digest
        settings = replace(before, analyzer=Analyzer(before.language).name)
        settings = settings if same else settings.changed_to(model)
        generation = held.counters.values["generation"] + 1
        with contextlib.closing(home.client(home.beside(address))) as other:
            home.create(other, settings, like=held.card)
            with (
                contextlib.closing(ClusterLatest(home.client(address))) as latest,
                latest.reading() as view,
                session.writing(other) as filled,
            ):
                original = ClusterOriginal(view)
                stock = ClusterStock(filled, model, progress, given=original if same else None)
                with contextlib.closing(Ingest(stock, model, token_counter(model), progress)) as ingest:
                    fill(ingest, ingest.catalog, original)
                    whole(ingest.finish())
                filled.counters.save(generation=generation)
        home.switch(client, held.card)
    return generation, model
