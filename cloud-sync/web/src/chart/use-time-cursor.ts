import { computed, type Ref, ref, type ShallowRef } from 'vue'
import type { Zoom } from './frame.ts'
import type { Layout } from './picture.ts'

/** Where the drawn times lie on the sheet. */
export type TimeSpan = Pick<Layout, 'left' | 'right' | 'width'> & { readonly from: number; readonly to: number }

/** A drag shorter than this is a click. */
export const DRAG_LEAST_PX = 8

/** A cursor over time: moved by pointer or arrow keys; a drag takes out a part, Escape gives back the whole. */
export interface TimeCursor {
  /** Epoch ms, or null while nobody points. */
  readonly at: Readonly<Ref<number | null>>
  readonly x: Readonly<Ref<number | null>>
  readonly drag: Readonly<Ref<{ readonly left: number; readonly width: number } | null>>
  readonly onPointerMove: (event: PointerEvent) => void
  readonly onPointerDown: (event: PointerEvent) => void
  readonly onPointerUp: () => void
  readonly onPointerLeave: () => void
  readonly onKey: (event: KeyboardEvent) => void
  readonly onBlur: () => void
}

export function useTimeCursor(
  sheet: Readonly<ShallowRef<HTMLElement | null>>,
  span: () => TimeSpan | null,
  on: { stepMs(): number; onZoom(part: Zoom): void; onEscape(): void },
): TimeCursor {
  const at = ref<number | null>(null)
  const start = ref<number | null>(null)
  const xOf = (time: number): number | null => {
    const now = span()
    if (!now) return null
    return now.left + ((time - now.from) / (now.to - now.from)) * (now.width - now.left - now.right)
  }
  const timeOf = (clientX: number): number | null => {
    const now = span()
    if (!now || !sheet.value) return null
    const part = (clientX - sheet.value.getBoundingClientRect().left - now.left) / (now.width - now.left - now.right)
    return Math.round(now.from + Math.min(1, Math.max(0, part)) * (now.to - now.from))
  }
  const x = computed(() => (at.value === null ? null : xOf(at.value)))
  const drag = computed(() => {
    if (start.value === null || at.value === null) return null
    const a = xOf(start.value) ?? 0
    const b = xOf(at.value) ?? 0
    return Math.abs(a - b) < DRAG_LEAST_PX ? null : { left: Math.min(a, b), width: Math.abs(a - b) }
  })
  const move = (by: (now: TimeSpan, at: number) => number) => {
    const now = span()
    if (now) at.value = Math.min(now.to, Math.max(now.from, by(now, at.value ?? now.to)))
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move((_, time) => time - on.stepMs()),
    ArrowRight: () => move((_, time) => time + on.stepMs()),
    PageUp: () => move((now, time) => time - (now.to - now.from) / 10),
    PageDown: () => move((now, time) => time + (now.to - now.from) / 10),
    Home: () => move(({ from }) => from),
    End: () => move(({ to }) => to),
    Escape: () => {
      at.value = null
      start.value = null
      on.onEscape()
    },
  }
  return {
    at,
    x,
    drag,
    onPointerMove: ({ clientX }) => {
      at.value = timeOf(clientX)
    },
    onPointerDown: ({ clientX, pointerType, button }) => {
      at.value = timeOf(clientX)
      // A finger scrolls and reads; only a mouse or a pen drags out a part.
      if (pointerType !== 'touch' && button === 0) start.value = at.value
    },
    onPointerUp: () => {
      if (drag.value && start.value !== null && at.value !== null) {
        on.onZoom({ from: Math.min(start.value, at.value), to: Math.max(start.value, at.value) })
      }
      start.value = null
    },
    onPointerLeave: () => {
      at.value = null
      start.value = null
    },
    onKey: (event) => {
      const key = keys[event.key]
      if (!key) return
      if (event.key !== 'Escape') event.preventDefault()
      key()
    },
    onBlur: () => {
      at.value = null
    },
  }
}
