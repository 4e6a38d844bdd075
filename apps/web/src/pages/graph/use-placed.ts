// Gives a picture its places: known ones from this browser's memory, new ones from the layout worker. What is drawn is
// always a picture with its own places; while a new one is laid out the one before stays.
import type { LayoutInput, LayoutResult, Picture, Point } from '@margay/graph'
import { dropPoint } from '@margay/graph'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Camera } from '../../graph/camera.ts'
import { createLayouter, type Layouter } from '../../graph/layouter.ts'
import {
  forgetPlaces,
  mergePlaces,
  noPlaces,
  readPlaces,
  writePlaces,
  type SavedPlaces,
} from '../../graph/saved-places.ts'
import { buildScene, vertexSize, type Scene, type SceneOptions } from '../../graph/scene.ts'

interface Placed {
  readonly picture: Picture
  readonly layout: LayoutResult
  readonly signature: string
}

export interface PlacedScene {
  readonly scene: Scene | undefined
  readonly picture: Picture | undefined
  /** The camera that was saved with the places. */
  readonly camera: Camera | undefined
  readonly saveCamera: (camera: Camera) => void
  /** Puts a vertex where it was dropped, or next to it. */
  readonly drop: (id: string, to: Point) => void
  /** Forgets every place and lays out anew. */
  readonly arrange: () => void
}

/** Vertices, sizes and boxes: while they are the same, so are the places. */
const signatureOf = ({ vertices }: Picture): string =>
  vertices.map((vertex) => `${vertex.id} ${vertex.box ?? ''} ${vertexSize(vertex).width}`).join('\n')

const layoutInput = ({ vertices, edges }: Picture, places: SavedPlaces): LayoutInput => ({
  vertices: vertices.map((vertex) => ({ id: vertex.id, box: vertex.box, ...vertexSize(vertex) })),
  edges: edges.map(({ source, dest }) => ({ source, dest })),
  seed: places.positions,
  pinned: places.pinned,
})

export function usePlaced(picture: Picture | undefined, memory: string, options: SceneOptions): PlacedScene {
  const places = useMemory(memory)
  const layouter = useLayouter()
  const [placed, setPlaced] = useState<Placed>()
  const settle = useCallback(
    (next: Placed) => {
      places.remember(next.layout)
      setPlaced(next)
    },
    [places],
  )
  const signature = useMemo(() => picture && signatureOf(picture), [picture])
  const [round, setRound] = useState(0)
  const asked = useRef('')
  // A page that is taken down and put up again has another worker, which was asked nothing yet.
  useEffect(
    () => () => {
      asked.current = ''
    },
    [],
  )
  useEffect(() => {
    if (!picture || signature === undefined) return
    const question = `${round} ${memory} ${signature}`
    if (asked.current === question) return
    asked.current = question
    layouter()?.ask(layoutInput(picture, places.current()), (layout) => settle({ picture, layout, signature }))
  }, [picture, signature, round, memory, layouter, places, settle])
  const shown = useMemo<Placed | undefined>(() => {
    // The same vertices with other numbers: the places stay, the picture is new at once.
    if (placed && picture && placed.signature === signature) return { ...placed, picture }
    return placed
  }, [placed, picture, signature])
  const { measure, seconds } = options
  const scene = useMemo(
    () => shown && buildScene(shown.picture, shown.layout, { measure, seconds }),
    [shown, measure, seconds],
  )
  const drop = (id: string, to: Point) => {
    const vertex = scene?.vertexById.get(id)
    if (!scene || !vertex) return
    const others = scene.vertices.filter((other) => other !== vertex)
    const at = dropPoint({ ...vertex, id, box: undefined }, to, others)
    places.pin(id, at)
    asked.current = ''
    setRound((before) => before + 1)
  }
  const arrange = () => {
    places.forget()
    setRound((before) => before + 1)
  }
  return { scene, picture: shown?.picture, camera: places.current().camera, saveCamera: places.look, drop, arrange }
}

function useLayouter(): () => Layouter | undefined {
  const layouter = useRef<Layouter>(undefined)
  useEffect(() => {
    layouter.current = createLayouter()
    return () => {
      layouter.current?.close()
      layouter.current = undefined
    }
  }, [])
  return useCallback(() => layouter.current, [])
}

/** Places of one memory, kept in this browser. */
function useMemory(memory: string) {
  return useMemo(() => {
    let places = readPlaces(localStorage, memory)
    const keep = (next: SavedPlaces) => {
      places = next
      writePlaces(localStorage, memory, places)
    }
    return {
      current: () => places,
      remember({ positions, boxes }: LayoutResult) {
        const corners = [...boxes].map(([id, { x, y }]) => [id, { x, y }] as const)
        keep({ ...places, positions: mergePlaces(places.positions, new Map([...corners, ...positions])) })
      },
      pin(id: string, at: Point) {
        keep({
          ...places,
          positions: new Map([...places.positions, [id, at]]),
          pinned: new Set([...places.pinned, id]),
        })
      },
      look: (camera: Camera) => keep({ ...places, camera }),
      forget() {
        forgetPlaces(localStorage, memory)
        places = noPlaces
      },
    }
  }, [memory])
}
