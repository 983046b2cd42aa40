import { type ComputedRef, computed, onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue'
import { tokenColours } from '../../ui/index.ts'
import { ApiError } from '../api/api-error.ts'
import type { Drawing } from './drawing.ts'
import { CHART_TOKENS, type Picture } from './picture.ts'

/** A canvas on the page that always shows the newest picture, in the colours of the theme and the size of its place. */
export interface LiveDrawing {
  /** False while the drawing code is on its way. */
  readonly isOpen: () => boolean
  readonly failure: Readonly<ShallowRef<ApiError | null>>
  /** What is drawn; null while there is nothing to draw. */
  readonly picture: ComputedRef<Picture | null>
  readonly size: Readonly<ShallowRef<{ readonly width: number; readonly height: number }>>
  png(title: string): Promise<Blob | null>
}

/**
 * @param paint makes the picture for a width in px, or null
 * @param theme a change of it draws anew
 */
export function useDrawing(
  host: Readonly<ShallowRef<HTMLElement | null>>,
  paint: (width: number) => Picture | null,
  theme: () => string,
): LiveDrawing {
  const drawing = shallowRef<Drawing | null>(null)
  const failure = shallowRef<ApiError | null>(null)
  const size = shallowRef({ width: 0, height: 0 })
  const picture = computed(() => paint(size.value.width))
  const observer = new ResizeObserver(([entry]) => {
    if (entry) size.value = { width: entry.contentRect.width, height: entry.contentRect.height }
  })
  const colours = () => tokenColours(host.value ?? document.body, CHART_TOKENS)
  const draw = () => {
    if (picture.value && size.value.width > 0) drawing.value?.show(picture.value, colours())
  }
  const close = () => {
    observer.disconnect()
    drawing.value?.close()
    drawing.value = null
  }

  // The place comes and goes with the states of the chart; each place gets a drawing of its own.
  watch(
    host,
    async (place) => {
      close()
      if (!place) return
      try {
        const { openDrawing } = await import('./drawing.ts')
        if (host.value !== place) return
        failure.value = null
        drawing.value = openDrawing(place)
        observer.observe(place)
      } catch (cause) {
        failure.value = new ApiError('unreachable', String(cause), { cause })
      }
    },
    { flush: 'post', immediate: true },
  )
  watch([drawing, picture, size, theme], draw, { flush: 'post' })
  // Printing waits for nothing: the chart is drawn in the colours of paper before the event ends.
  addEventListener('beforeprint', draw)
  addEventListener('afterprint', draw)
  onScopeDispose(() => {
    close()
    removeEventListener('beforeprint', draw)
    removeEventListener('afterprint', draw)
  })
  return {
    isOpen: () => drawing.value !== null,
    failure,
    picture,
    size,
    png: async (title) => (drawing.value ? drawing.value.png(title, colours()) : null),
  }
}
