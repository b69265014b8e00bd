package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
)

// A list in pages is whole, and all of it is of one version.
func paging(ctx context.Context, p *peer) error {
	const total = 25
	for n := range total {
		if _, err := p.configMap(ctx, fmt.Sprintf("paged-%02d", n), "1"); err != nil {
			return err
		}
	}
	var remaining []int64
	versions := map[string]bool{}
	pageCount := 0
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		list, err := p.client.CoreV1().ConfigMaps(p.namespace).List(ctx, options)
		if err != nil {
			return nil, err
		}
		versions[list.ResourceVersion] = true
		if list.RemainingItemCount != nil {
			remaining = append(remaining, *list.RemainingItemCount)
		}
		// What comes and goes between two pages is in none of them.
		pageCount++
		name := fmt.Sprintf("paged-99-%d", pageCount)
		if _, err := p.configMap(ctx, name, "1"); err != nil {
			return nil, err
		}
		return list, nil
	})
	pages.PageSize = 10
	found := 0
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		if name := object.(*corev1.ConfigMap).Name; strings.HasPrefix(name, "paged-99") {
			return fmt.Errorf("%s is newer than the list", name)
		} else if strings.HasPrefix(name, "paged-") {
			found++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if found != total || pageCount != 3 || len(versions) != 1 || len(remaining) != 2 || remaining[0]-remaining[1] != 10 {
		return fmt.Errorf("found %d of %d, in %d versions, remaining %v", found, total, len(versions), remaining)
	}
	return nil
}

// A watch that goes on by itself after its connection ended, with bookmarks and in order.
func retryWatcher(ctx context.Context, p *peer) error {
	maps := p.client.CoreV1().ConfigMaps(p.namespace)
	list, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	from := &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = "told=yes"
			return maps.Watch(ctx, options)
		},
	}
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.ResourceVersion, from)
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for n := range 4 {
		name := fmt.Sprintf("told-%d", n)
		m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"told": "yes"}}}
		if _, err := maps.Create(ctx, m, metav1.CreateOptions{}); err != nil {
			return err
		}
		if _, err := p.configMap(ctx, "untold-"+name, "1"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", name)
		case event := <-watcher.ResultChan():
			got, ok := event.Object.(*corev1.ConfigMap)
			if event.Type != watch.Added || !ok || got.Name != name {
				return fmt.Errorf("%s came in place of %s: %v", event.Type, name, event.Object)
			}
		}
		if err := p.cutConnections(ctx); err != nil {
			return err
		}
	}
	return nil
}
